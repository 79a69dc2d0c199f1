"""pika (blocking) against a broker: see ../cases.ts for what each case does."""
import ssl

import pika
from program import AUTHORITY, HOST, PORT, SETTLE_S, TLS_PORT, deaths_of, eventually, headers, patterned, run_cases

GUEST = pika.PlainCredentials("guest", "guest")


def connect(port=PORT, tls=None):
    options = pika.SSLOptions(tls, HOST) if tls is not None else None
    return pika.BlockingConnection(
        pika.ConnectionParameters(HOST, port, "/", GUEST, ssl_options=options, socket_timeout=20)
    )


CONNECTION = connect()


def get(channel, queue):
    def read():
        method, properties, body = channel.basic_get(queue)
        return None if method is None else (method, properties, body)

    return eventually(read)


def send(channel, queue, body, **properties):
    channel.basic_publish("", queue, body, pika.BasicProperties(**properties))


def count_of(channel, queue):
    return channel.queue_declare(queue, passive=True).method.message_count


def topology(name):
    channel = CONNECTION.channel()
    source, target = name + ".source", name + ".target"
    channel.exchange_declare(source, "topic", durable=True)
    channel.exchange_declare(target, "fanout", durable=True)
    channel.queue_declare(name, durable=True)
    channel.exchange_bind(target, source, "order.*.created")
    channel.queue_bind(name, target, "")
    channel.basic_publish(source, "order.eu.created", b"routed")
    channel.basic_publish(source, "order.eu.deleted", b"dropped")
    routed = get(channel, name)[2].decode()
    server_named = channel.queue_declare("", exclusive=True).method.queue.startswith("amq.gen-")
    missing = None
    try:
        CONNECTION.channel().queue_declare(name + ".missing", passive=True)
    except pika.exceptions.ChannelClosedByBroker as error:
        missing = error.reply_code
    channel.exchange_unbind(target, source, "order.*.created")
    channel.basic_publish(source, "order.eu.created", b"unbound")
    method, _, body = channel.basic_get(name)
    channel.queue_delete(name)
    channel.exchange_delete(source)
    channel.exchange_delete(target)
    channel.close()
    return {
        "routed": routed,
        "serverNamed": server_named,
        "missing": missing,
        "afterUnbind": None if method is None else body.decode(),
    }


def confirms(name):
    channel = CONNECTION.channel()
    channel.queue_declare(name, durable=True, arguments={"x-max-length": 100, "x-overflow": "reject-publish"})
    channel.confirm_delivery()
    persistent = pika.BasicProperties(delivery_mode=2)
    confirmed = nacked = 0
    for _ in range(101):
        try:
            channel.basic_publish("", name, b"x", persistent)
            confirmed += 1
        except pika.exceptions.NackError:
            nacked += 1
    returned = None
    try:
        channel.basic_publish("", name + ".nowhere", b"x", persistent, mandatory=True)
    except pika.exceptions.UnroutableError as error:
        returned = error.messages[0].method.reply_code
    count = count_of(channel, name)
    channel.close()
    return {
        "confirmed": confirmed,
        "nacked": nacked,
        "returned": returned,
        "count": count,
    }


def consume(name):
    channel = CONNECTION.channel()
    channel.queue_declare(name)
    for i in range(10):
        send(channel, name, str(i).encode())
    channel.basic_qos(prefetch_count=3)
    bodies, tags = [], []

    def on_message(_channel, method, _properties, body):
        bodies.append(body.decode())
        tags.append(method.delivery_tag)
        if len(bodies) > 3:
            channel.basic_ack(method.delivery_tag)

    channel.basic_consume(name, on_message)
    while len(bodies) < 3:
        CONNECTION.process_data_events(1)
    CONNECTION.process_data_events(SETTLE_S)
    CONNECTION.sleep(SETTLE_S)
    before_ack = len(bodies)
    channel.basic_ack(tags[2], multiple=True)
    while len(bodies) < 10:
        CONNECTION.process_data_events(1)
    channel.close()
    return {"beforeAck": before_ack, "bodies": bodies, "left": count_of(CONNECTION.channel(), name)}


def requeue(name):
    seen = []

    def take(channel):
        method, _, body = get(channel, name)
        seen.append([body.decode(), method.redelivered])
        return method.delivery_tag

    channel = CONNECTION.channel()
    channel.queue_declare(name)
    for body in (b"a", b"b"):
        send(channel, name, body)
    channel.basic_nack(take(channel), requeue=True)
    channel.basic_reject(take(channel), requeue=False)
    take(channel)
    channel.close()
    channel = CONNECTION.channel()
    channel.basic_ack(take(channel))
    return {"seen": seen, "left": count_of(channel, name)}


def dead_letter(name):
    channel = CONNECTION.channel()
    exchange, dead = name + ".exchange", name + ".dead"
    channel.exchange_declare(exchange, "direct")
    channel.queue_declare(dead)
    channel.queue_bind(dead, exchange, "dead")
    arguments = {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "dead"}
    channel.queue_declare(name, arguments=arguments)
    send(channel, name, b"poison", headers={"kept": "yes"})
    channel.basic_reject(get(channel, name)[0].delivery_tag, requeue=False)
    method, properties, body = get(channel, dead)
    return {
        "body": body.decode(),
        "exchange": method.exchange,
        "routingKey": method.routing_key,
        **deaths_of(properties.headers),
    }


def expiry(name):
    channel = CONNECTION.channel()
    each, dead = name + ".each", name + ".dead"
    to_dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    channel.queue_declare(dead)
    channel.queue_declare(name, arguments={**to_dead, "x-message-ttl": 100})
    channel.queue_declare(each, arguments=to_dead)
    send(channel, name, b"by-queue")
    send(channel, each, b"by-message", expiration="100")
    facts = {}
    for _ in range(2):
        _, properties, body = get(channel, dead)
        death = properties.headers["x-death"][0]
        facts[body.decode()] = {
            "queue": death["queue"],
            "reason": death["reason"],
            "expiration": properties.expiration,
            "originalExpiration": death.get("original-expiration"),
        }
    return facts


def properties(name):
    channel = CONNECTION.channel()
    channel.queue_declare(name)
    send(
        channel,
        name,
        "påyload".encode(),
        content_type="text/plain",
        content_encoding="identity",
        # pika has no way to write a float.
        headers={name: value for name, value in headers().items() if name != "double"},
        delivery_mode=2,
        priority=5,
        correlation_id="correlation",
        reply_to="reply",
        expiration="60000",
        message_id="id",
        timestamp=1_700_000_000,
        type="kind",
        user_id="guest",
        app_id="app",
    )
    _, seen, body = get(channel, name)
    return {
        "contentType": seen.content_type,
        "contentEncoding": seen.content_encoding,
        "headers": seen.headers,
        "deliveryMode": seen.delivery_mode,
        "priority": seen.priority,
        "correlationId": seen.correlation_id,
        "replyTo": seen.reply_to,
        "expiration": seen.expiration,
        "messageId": seen.message_id,
        "timestamp": seen.timestamp,
        "type": seen.type,
        "userId": seen.user_id,
        "appId": seen.app_id,
        "body": body.decode(),
    }


def get_case(name):
    channel = CONNECTION.channel()
    channel.queue_declare(name)
    empty = channel.basic_get(name)[0] is None
    for i in range(3):
        send(channel, name, str(i).encode())
    method, _, body = get(channel, name)
    return {"empty": empty, "body": body.decode(), "remaining": method.message_count}


def large(name):
    channel = CONNECTION.channel()
    channel.queue_declare(name)
    channel.confirm_delivery()
    body = patterned(1_048_577)
    send(channel, name, body)
    got = get(channel, name)[2]
    return {"bytes": len(got), "intact": got == body}


def tls(name):
    connection = connect(TLS_PORT, ssl.create_default_context(cafile=AUTHORITY))
    channel = connection.channel()
    channel.queue_declare(name)
    send(channel, name, b"secret")
    body = get(channel, name)[2].decode()
    connection.close()
    try:
        connect(TLS_PORT, ssl.create_default_context()).close()
        refused = "accepted"
    except Exception as error:
        refused = "refused" if "CERTIFICATE_VERIFY_FAILED" in chain(error) else f"other: {chain(error)}"
    return {"body": body, "withoutAuthority": refused}


def chain(error):
    """pika wraps the cause in its own errors, as their arguments."""
    return repr(error) + "".join(chain(one) for one in error.args if isinstance(one, BaseException))


run_cases(
    "pika",
    pika.__version__,
    {
        "topology": topology,
        "confirms": confirms,
        "consume": consume,
        "requeue": requeue,
        "deadLetter": dead_letter,
        "expiry": expiry,
        "properties": properties,
        "get": get_case,
        "large": large,
        "tls": tls,
    },
)
CONNECTION.close()
