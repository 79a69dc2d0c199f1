"""aio-pika against a broker: see ../cases.ts for what each case does."""
import asyncio
import ssl
from importlib.metadata import version

import aio_pika
from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError
from program import AUTHORITY, HOST, PORT, SETTLE_S, TLS_PORT, deaths_of, headers, patterned, run_cases

POLL_S = 0.02
POLL_LIMIT_S = 10


def connect(port=PORT, tls=None):
    options = {} if tls is None else {"ssl": True, "ssl_context": tls}
    return aio_pika.connect(host=HOST, port=port, login="guest", password="guest", **options)


async def eventually(read):
    async with asyncio.timeout(POLL_LIMIT_S):
        while (value := await read()) is None:
            await asyncio.sleep(POLL_S)
        return value


def get(queue):
    return eventually(lambda: queue.get(fail=False))


def send(channel, queue, body, **options):
    return channel.default_exchange.publish(Message(body, **options), queue)


async def count_of(channel, name):
    return (await channel.declare_queue(name, passive=True)).declaration_result.message_count


async def topology(connection, name):
    channel = await connection.channel()
    source = await channel.declare_exchange(name + ".source", ExchangeType.TOPIC, durable=True)
    target = await channel.declare_exchange(name + ".target", ExchangeType.FANOUT, durable=True)
    queue = await channel.declare_queue(name, durable=True)
    await target.bind(source, "order.*.created")
    await queue.bind(target, "")
    await source.publish(Message(b"routed"), "order.eu.created", mandatory=False)
    await source.publish(Message(b"dropped"), "order.eu.deleted", mandatory=False)
    routed = (await get(queue)).body.decode()
    server_named = (await channel.declare_queue(exclusive=True)).name.startswith("amq.gen-")
    missing = None
    try:
        await (await connection.channel()).declare_queue(name + ".missing", passive=True)
    except ChannelNotFoundEntity:
        missing = 404
    await target.unbind(source, "order.*.created")
    await source.publish(Message(b"unbound"), "order.eu.created", mandatory=False)
    after = await queue.get(fail=False)
    await queue.delete(if_unused=False, if_empty=False)
    await source.delete()
    await target.delete()
    return {
        "routed": routed,
        "serverNamed": server_named,
        "missing": missing,
        "afterUnbind": None if after is None else after.body.decode(),
    }


async def confirms(connection, name):
    channel = await connection.channel(publisher_confirms=True)
    await channel.declare_queue(
        name, durable=True, arguments={"x-max-length": 100, "x-overflow": "reject-publish"}
    )
    returned = []
    channel.return_callbacks.add(lambda _channel, message: returned.append(message))
    persistent = {"delivery_mode": DeliveryMode.PERSISTENT}
    sends = [send(channel, name, b"x", **persistent) for _ in range(101)]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    back = await send(channel, name + ".nowhere", b"x", **persistent)
    return {
        "confirmed": sum(not isinstance(outcome, Exception) for outcome in outcomes),
        "nacked": sum(isinstance(outcome, DeliveryError) for outcome in outcomes),
        "returned": back.delivery.reply_code,
        "count": await count_of(channel, name),
    }


async def consume(connection, name):
    channel = await connection.channel()
    queue = await channel.declare_queue(name)
    for i in range(10):
        await send(channel, name, str(i).encode())
    await channel.set_qos(prefetch_count=3)
    bodies, messages = [], []
    free = False

    async def on_message(message):
        bodies.append(message.body.decode())
        messages.append(message)
        if free:
            await message.ack()

    async def came(count):
        return True if len(bodies) >= count else None

    await queue.consume(on_message)
    await eventually(lambda: came(3))
    await asyncio.sleep(SETTLE_S)
    before_ack = len(bodies)
    free = True
    await messages[2].ack(multiple=True)
    await eventually(lambda: came(10))
    await channel.close()
    return {"beforeAck": before_ack, "bodies": bodies, "left": await count_of(await connection.channel(), name)}


async def requeue(connection, name):
    seen = []

    async def take(queue):
        message = await get(queue)
        seen.append([message.body.decode(), message.redelivered])
        return message

    channel = await connection.channel()
    queue = await channel.declare_queue(name)
    for body in (b"a", b"b"):
        await send(channel, name, body)
    await (await take(queue)).nack(requeue=True)
    await (await take(queue)).reject(requeue=False)
    await take(queue)
    await channel.close()
    channel = await connection.channel()
    queue = await channel.declare_queue(name, passive=True)
    await (await take(queue)).ack()
    return {"seen": seen, "left": await count_of(channel, name)}


async def dead_letter(connection, name):
    channel = await connection.channel()
    exchange = await channel.declare_exchange(name + ".exchange", ExchangeType.DIRECT)
    dead = await channel.declare_queue(name + ".dead")
    await dead.bind(exchange, "dead")
    arguments = {"x-dead-letter-exchange": exchange.name, "x-dead-letter-routing-key": "dead"}
    queue = await channel.declare_queue(name, arguments=arguments)
    await send(channel, name, b"poison", headers={"kept": "yes"})
    await (await get(queue)).reject(requeue=False)
    message = await get(dead)
    return {
        "body": message.body.decode(),
        "exchange": message.exchange,
        "routingKey": message.routing_key,
        **deaths_of(message.headers),
    }


async def expiry(connection, name):
    channel = await connection.channel()
    each = name + ".each"
    dead = await channel.declare_queue(name + ".dead")
    to_dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead.name}
    await channel.declare_queue(name, arguments={**to_dead, "x-message-ttl": 100})
    await channel.declare_queue(each, arguments=to_dead)
    await send(channel, name, b"by-queue")
    # In seconds.
    await send(channel, each, b"by-message", expiration=0.1)
    facts = {}
    for _ in range(2):
        message = await get(dead)
        death = message.headers["x-death"][0]
        facts[message.body.decode()] = {
            "queue": death["queue"],
            "reason": death["reason"],
            "expiration": message.expiration,
            "originalExpiration": death.get("original-expiration"),
        }
    return facts


async def properties(connection, name):
    channel = await connection.channel()
    queue = await channel.declare_queue(name)
    await send(
        channel,
        name,
        "påyload".encode(),
        content_type="text/plain",
        content_encoding="identity",
        headers=headers(),
        delivery_mode=DeliveryMode.PERSISTENT,
        priority=5,
        correlation_id="correlation",
        reply_to="reply",
        expiration=60,
        message_id="id",
        timestamp=1_700_000_000,
        type="kind",
        user_id="guest",
        app_id="app",
    )
    seen = await get(queue)
    return {
        "contentType": seen.content_type,
        "contentEncoding": seen.content_encoding,
        "headers": seen.headers,
        "deliveryMode": int(seen.delivery_mode),
        "priority": seen.priority,
        "correlationId": seen.correlation_id,
        "replyTo": seen.reply_to,
        "expiration": str(round(seen.expiration * 1000)),
        "messageId": seen.message_id,
        "timestamp": int(seen.timestamp.timestamp()),
        "type": seen.type,
        "userId": seen.user_id,
        "appId": seen.app_id,
        "body": seen.body.decode(),
    }


async def get_case(connection, name):
    channel = await connection.channel()
    queue = await channel.declare_queue(name)
    empty = await queue.get(fail=False) is None
    for i in range(3):
        await send(channel, name, str(i).encode())
    message = await get(queue)
    return {"empty": empty, "body": message.body.decode(), "remaining": message.message_count}


async def large(connection, name):
    channel = await connection.channel(publisher_confirms=True)
    queue = await channel.declare_queue(name)
    body = patterned(1_048_577)
    await send(channel, name, body)
    got = (await get(queue)).body
    return {"bytes": len(got), "intact": got == body}


async def tls(_connection, name):
    async with await connect(TLS_PORT, ssl.create_default_context(cafile=AUTHORITY)) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(name)
        await send(channel, name, b"secret")
        body = (await get(queue)).body.decode()
    try:
        await connect(TLS_PORT, ssl.create_default_context())
        refused = "accepted"
    except Exception as error:
        refused = "refused" if "CERTIFICATE_VERIFY_FAILED" in repr(error) else f"other: {error!r}"
    return {"body": body, "withoutAuthority": refused}


def connected(case):
    async def run(name):
        async with await connect() as connection:
            return await case(connection, name)

    return lambda name: asyncio.run(run(name))


CASES = {
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
}
run_cases("aio-pika", version("aio-pika"), {name: connected(case) for name, case in CASES.items()})
