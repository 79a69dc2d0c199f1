/** Frames of AMQP 0-9-1 (4.2.3): type octet, channel, payload size, payload, end octet. */
export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;

export const FRAME_END = 0xce;
/** Before the payload. */
export const FRAME_HEADER_BYTES = 7;
/** Before and behind it; frame-max counts them. */
export const FRAME_OVERHEAD_BYTES = FRAME_HEADER_BYTES + 1;
/** Every peer takes frames of this size. */
export const FRAME_MIN_BYTES = 4096;
/** Of a content header frame: class, weight, body size; flags and properties follow (4.2.6.1). */
export const CONTENT_HEADER_BYTES = 12;
export const BASIC_CLASS_ID = 60;
