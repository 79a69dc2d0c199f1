//! lapin against a broker: see ../../cases.ts for what each case does.
use futures_lite::StreamExt;
use lapin::message::{BasicGetMessage, Delivery};
use lapin::options::*;
use lapin::tcp::OwnedTLSConfig;
use lapin::types::{AMQPValue, FieldArray, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Error, ErrorKind, ExchangeKind};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

type Outcome = Result<Value, Box<dyn std::error::Error>>;

const SETTLE: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(20);
const POLL_LIMIT: Duration = Duration::from_secs(10);
const PERSISTENT: u8 = 2;

struct Broker {
    host: String,
    tls_port: String,
    authority: String,
    connection: Connection,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    println!("{}", json!({ "client": "lapin", "version": "4.12.3" }));
    let uri = format!("amqp://guest:guest@{}:{}/%2f", args[1], args[2]);
    let broker = Broker {
        host: args[1].clone(),
        tls_port: args[3].clone(),
        authority: args[4].clone(),
        connection: Connection::connect(&uri, ConnectionProperties::default()).await?,
    };
    let name = |case: &str| format!("{}.{case}", args[5]);
    show("topology", topology(&broker, &name("topology")).await);
    show("confirms", confirms(&broker, &name("confirms")).await);
    show("consume", consume(&broker, &name("consume")).await);
    show("requeue", requeue(&broker, &name("requeue")).await);
    show("deadLetter", dead_letter(&broker, &name("deadLetter")).await);
    show("expiry", expiry(&broker, &name("expiry")).await);
    show("properties", properties(&broker, &name("properties")).await);
    show("get", get_case(&broker, &name("get")).await);
    show("large", large(&broker, &name("large")).await);
    show("tls", tls(&broker, &name("tls")).await);
    broker.connection.close(200, "bye".into()).await?;
    Ok(())
}

fn show(case: &str, outcome: Outcome) {
    match outcome {
        Ok(facts) => println!("{}", json!({ "case": case, "facts": facts })),
        Err(error) => println!("{}", json!({ "case": case, "error": format!("{error:?}") })),
    }
}

async fn topology(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    let (source, target) = (format!("{name}.source"), format!("{name}.target"));
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare(s(&source), ExchangeKind::Topic, durable, none()).await?;
    channel.exchange_declare(s(&target), ExchangeKind::Fanout, durable, none()).await?;
    channel.queue_declare(s(name), QueueDeclareOptions::durable(), none()).await?;
    let pattern = s("order.*.created");
    channel
        .exchange_bind(s(&target), s(&source), pattern.clone(), Default::default(), none())
        .await?;
    channel.queue_bind(s(name), s(&target), s(""), Default::default(), none()).await?;
    publish(&channel, &source, "order.eu.created", "routed").await?;
    publish(&channel, &source, "order.eu.deleted", "dropped").await?;
    let message = get(&channel, name).await?;
    let routed = text(&message);
    let exclusive = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let unnamed = channel.queue_declare(s(""), exclusive, none()).await?;
    let other = broker.connection.create_channel().await?;
    let missing = count_of(&other, &format!("{name}.missing")).await.err().map(reply_code);
    channel
        .exchange_unbind(s(&target), s(&source), pattern, Default::default(), none())
        .await?;
    publish(&channel, &source, "order.eu.created", "unbound").await?;
    let after = channel.basic_get(s(name), Default::default()).await?;
    channel.queue_delete(s(name), Default::default()).await?;
    channel.exchange_delete(s(&source), Default::default()).await?;
    channel.exchange_delete(s(&target), Default::default()).await?;
    channel.close(200, "done".into()).await?;
    Ok(json!({
        "routed": routed,
        "serverNamed": unnamed.name().as_str().starts_with("amq.gen-"),
        "missing": missing,
        "afterUnbind": after.map(|message| text(&message)),
    }))
}

async fn confirms(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    let limits = table([
        ("x-max-length", AMQPValue::LongInt(100)),
        ("x-overflow", long("reject-publish")),
    ]);
    channel.queue_declare(s(name), QueueDeclareOptions::durable(), limits).await?;
    channel.confirm_select(Default::default()).await?;
    let persistent = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let mut open = Vec::new();
    for _ in 0..101 {
        let sent = channel.basic_publish(s(""), s(name), Default::default(), b"x", persistent.clone());
        open.push(sent.await?);
    }
    let (mut confirmed, mut nacked) = (0, 0);
    for confirm in open {
        let confirmation = confirm.await?;
        confirmed += u32::from(confirmation.is_ack());
        nacked += u32::from(confirmation.is_nack());
    }
    let mandatory = BasicPublishOptions { mandatory: true, ..Default::default() };
    let nowhere = s(&format!("{name}.nowhere"));
    let confirmation = channel.basic_publish(s(""), nowhere, mandatory, b"x", persistent).await?.await?;
    let returned = confirmation.take_message().map(|message| message.reply_code);
    Ok(json!({
        "confirmed": confirmed,
        "nacked": nacked,
        "returned": returned,
        "count": count_of(&channel, name).await?,
    }))
}

async fn consume(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    declare(&channel, name, none()).await?;
    for i in 0..10 {
        publish(&channel, "", name, &i.to_string()).await?;
    }
    channel.basic_qos(3, Default::default()).await?;
    let mut consumer = channel.basic_consume(s(name), s(""), Default::default(), none()).await?;
    let mut bodies = Vec::new();
    let mut third: Option<Delivery> = None;
    while bodies.len() < 3 {
        let delivery = next(consumer.next()).await?;
        bodies.push(text(&delivery));
        third = Some(delivery);
    }
    let early = tokio::time::timeout(SETTLE, consumer.next()).await.ok();
    let before_ack = bodies.len() + usize::from(early.is_some());
    let multiple = BasicAckOptions { multiple: true };
    third.ok_or("no third message")?.ack(multiple).await?;
    while bodies.len() < 10 {
        let delivery = next(consumer.next()).await?;
        bodies.push(text(&delivery));
        delivery.ack(Default::default()).await?;
    }
    channel.close(200, "done".into()).await?;
    let other = broker.connection.create_channel().await?;
    Ok(json!({ "beforeAck": before_ack, "bodies": bodies, "left": count_of(&other, name).await? }))
}

async fn requeue(broker: &Broker, name: &str) -> Outcome {
    let mut seen = Vec::new();
    let channel = broker.connection.create_channel().await?;
    declare(&channel, name, none()).await?;
    for body in ["a", "b"] {
        publish(&channel, "", name, body).await?;
    }
    let again = BasicNackOptions { requeue: true, ..Default::default() };
    take(&channel, name, &mut seen).await?.nack(again).await?;
    take(&channel, name, &mut seen).await?.reject(Default::default()).await?;
    take(&channel, name, &mut seen).await?;
    channel.close(200, "done".into()).await?;
    let other = broker.connection.create_channel().await?;
    take(&other, name, &mut seen).await?.ack(Default::default()).await?;
    Ok(json!({ "seen": seen, "left": count_of(&other, name).await? }))
}

async fn take(channel: &Channel, name: &str, seen: &mut Vec<Value>) -> Result<BasicGetMessage, Box<dyn std::error::Error>> {
    let message = get(channel, name).await?;
    seen.push(json!([text(&message), message.redelivered]));
    Ok(message)
}

async fn dead_letter(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    let (exchange, dead) = (format!("{name}.exchange"), format!("{name}.dead"));
    channel
        .exchange_declare(s(&exchange), ExchangeKind::Direct, Default::default(), none())
        .await?;
    declare(&channel, &dead, none()).await?;
    channel.queue_bind(s(&dead), s(&exchange), s("dead"), Default::default(), none()).await?;
    let to_dead = table([
        ("x-dead-letter-exchange", long(&exchange)),
        ("x-dead-letter-routing-key", long("dead")),
    ]);
    declare(&channel, name, to_dead).await?;
    let kept = BasicProperties::default().with_headers(table([("kept", long("yes"))]));
    send(&channel, name, b"poison", kept).await?;
    get(&channel, name).await?.reject(Default::default()).await?;
    let message = get(&channel, &dead).await?;
    let headers = headers_of(&message.properties);
    let deaths: Vec<Value> = headers["x-death"].as_array().ok_or("no x-death")?.iter().map(death_of).collect();
    Ok(json!({
        "body": text(&message),
        "exchange": message.exchange.as_str(),
        "routingKey": message.routing_key.as_str(),
        "kept": headers["kept"],
        "deaths": deaths,
        "first": {
            "queue": headers["x-first-death-queue"],
            "reason": headers["x-first-death-reason"],
            "exchange": headers["x-first-death-exchange"],
        },
    }))
}

fn death_of(death: &Value) -> Value {
    json!({
        "queue": death["queue"],
        "reason": death["reason"],
        "exchange": death["exchange"],
        "routingKeys": death["routing-keys"],
        "count": death["count"],
    })
}

async fn expiry(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    let (each, dead) = (format!("{name}.each"), format!("{name}.dead"));
    let mut to_dead = table([
        ("x-dead-letter-exchange", long("")),
        ("x-dead-letter-routing-key", long(&dead)),
    ]);
    declare(&channel, &dead, none()).await?;
    declare(&channel, &each, to_dead.clone()).await?;
    to_dead.insert(s("x-message-ttl"), AMQPValue::LongInt(100));
    declare(&channel, name, to_dead).await?;
    send(&channel, name, b"by-queue", BasicProperties::default()).await?;
    let soon = BasicProperties::default().with_expiration(s("100"));
    send(&channel, &each, b"by-message", soon).await?;
    let mut facts = serde_json::Map::new();
    for _ in 0..2 {
        let message = get(&channel, &dead).await?;
        let death = headers_of(&message.properties)["x-death"][0].clone();
        facts.insert(
            text(&message),
            json!({
                "queue": death["queue"],
                "reason": death["reason"],
                "expiration": message.properties.expiration().as_ref().map(|text| text.as_str()),
                "originalExpiration": death["original-expiration"],
            }),
        );
    }
    Ok(Value::Object(facts))
}

async fn properties(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    declare(&channel, name, none()).await?;
    let inner = table([("b", long("c"))]);
    let list = vec![long("x"), AMQPValue::LongInt(1), AMQPValue::Boolean(true)];
    let headers = table([
        ("text", long("é")),
        ("int", AMQPValue::LongInt(42)),
        ("negative", AMQPValue::LongInt(-7)),
        ("long", AMQPValue::LongLongInt(1_099_511_627_776)),
        ("double", AMQPValue::Double(1.5)),
        ("yes", AMQPValue::Boolean(true)),
        ("no", AMQPValue::Boolean(false)),
        ("nothing", AMQPValue::Void),
        ("nested", AMQPValue::FieldTable(table([("a", AMQPValue::FieldTable(inner))]))),
        ("list", AMQPValue::FieldArray(FieldArray::from(list))),
    ]);
    let all = BasicProperties::default()
        .with_content_type(s("text/plain"))
        .with_content_encoding(s("identity"))
        .with_headers(headers)
        .with_delivery_mode(PERSISTENT)
        .with_priority(5)
        .with_correlation_id(s("correlation"))
        .with_reply_to(s("reply"))
        .with_expiration(s("60000"))
        .with_message_id(s("id"))
        .with_timestamp(1_700_000_000)
        .with_type(s("kind"))
        .with_user_id(s("guest"))
        .with_app_id(s("app"));
    send(&channel, name, "påyload".as_bytes(), all).await?;
    let message = get(&channel, name).await?;
    let seen = &message.properties;
    let word = |value: &Option<ShortString>| value.as_ref().map(|text| text.as_str().to_owned());
    Ok(json!({
        "contentType": word(seen.content_type()),
        "contentEncoding": word(seen.content_encoding()),
        "headers": headers_of(seen),
        "deliveryMode": seen.delivery_mode(),
        "priority": seen.priority(),
        "correlationId": word(seen.correlation_id()),
        "replyTo": word(seen.reply_to()),
        "expiration": word(seen.expiration()),
        "messageId": word(seen.message_id()),
        "timestamp": seen.timestamp(),
        "type": word(seen.kind()),
        "userId": word(seen.user_id()),
        "appId": word(seen.app_id()),
        "body": text(&message),
    }))
}

async fn get_case(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    declare(&channel, name, none()).await?;
    let empty = channel.basic_get(s(name), Default::default()).await?.is_none();
    for i in 0..3 {
        publish(&channel, "", name, &i.to_string()).await?;
    }
    let message = get(&channel, name).await?;
    Ok(json!({ "empty": empty, "body": text(&message), "remaining": message.message_count }))
}

async fn large(broker: &Broker, name: &str) -> Outcome {
    let channel = broker.connection.create_channel().await?;
    declare(&channel, name, none()).await?;
    channel.confirm_select(Default::default()).await?;
    let body: Vec<u8> = (0..1_048_577).map(|i| (i % 251) as u8).collect();
    send(&channel, name, &body, BasicProperties::default()).await?;
    channel.wait_for_confirms().await?;
    let message = get(&channel, name).await?;
    Ok(json!({ "bytes": message.data.len(), "intact": message.data == body }))
}

async fn tls(broker: &Broker, name: &str) -> Outcome {
    let authority = std::fs::read_to_string(&broker.authority)?;
    let trusting = OwnedTLSConfig { identity: None, cert_chain: Some(authority) };
    let secure = connect_secure(broker, trusting).await?;
    let channel = secure.create_channel().await?;
    declare(&channel, name, none()).await?;
    publish(&channel, "", name, "secret").await?;
    let message = get(&channel, name).await?;
    let body = text(&message);
    secure.close(200, "bye".into()).await?;
    let refused = match connect_secure(broker, OwnedTLSConfig::default()).await {
        Ok(_) => "accepted".to_owned(),
        Err(error) => {
            let words = format!("{error:?}");
            if words.contains("UnknownIssuer") { "refused".to_owned() } else { format!("other: {words}") }
        }
    };
    Ok(json!({ "body": body, "withoutAuthority": refused }))
}

async fn connect_secure(broker: &Broker, config: OwnedTLSConfig) -> lapin::Result<Connection> {
    let uri = format!("amqps://guest:guest@{}:{}/%2f", broker.host, broker.tls_port);
    let runtime = lapin::runtime::default_runtime()?;
    Connection::connect_with_config(&uri, ConnectionProperties::default(), config, runtime).await
}

async fn declare(channel: &Channel, name: &str, arguments: FieldTable) -> lapin::Result<()> {
    channel.queue_declare(s(name), QueueDeclareOptions::default(), arguments).await?;
    Ok(())
}

async fn publish(channel: &Channel, exchange: &str, key: &str, body: &str) -> lapin::Result<()> {
    let plain = BasicProperties::default();
    channel.basic_publish(s(exchange), s(key), Default::default(), body.as_bytes(), plain).await?;
    Ok(())
}

async fn send(channel: &Channel, queue: &str, body: &[u8], message: BasicProperties) -> lapin::Result<()> {
    channel.basic_publish(s(""), s(queue), Default::default(), body, message).await?;
    Ok(())
}

async fn count_of(channel: &Channel, name: &str) -> lapin::Result<u32> {
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    Ok(channel.queue_declare(s(name), passive, none()).await?.message_count())
}

async fn get(channel: &Channel, queue: &str) -> Result<BasicGetMessage, Box<dyn std::error::Error>> {
    let deadline = Instant::now() + POLL_LIMIT;
    while Instant::now() < deadline {
        if let Some(message) = channel.basic_get(s(queue), Default::default()).await? {
            return Ok(message);
        }
        tokio::time::sleep(POLL).await;
    }
    Err("nothing came".into())
}

async fn next(
    coming: impl Future<Output = Option<lapin::Result<Delivery>>>,
) -> Result<Delivery, Box<dyn std::error::Error>> {
    Ok(tokio::time::timeout(POLL_LIMIT, coming).await?.ok_or("the consumer was cancelled")??)
}

fn reply_code(error: Error) -> Value {
    match error.kind() {
        ErrorKind::ProtocolError(reason) => json!(reason.get_id()),
        _ => json!(format!("{error:?}")),
    }
}

fn headers_of(properties: &BasicProperties) -> Value {
    let headers = properties.headers().as_ref();
    headers.map_or(Value::Null, |table| plain(&AMQPValue::FieldTable(table.clone())))
}

fn plain(value: &AMQPValue) -> Value {
    match value {
        AMQPValue::Boolean(it) => json!(it),
        AMQPValue::ShortShortInt(it) => json!(it),
        AMQPValue::ShortShortUInt(it) => json!(it),
        AMQPValue::ShortInt(it) => json!(it),
        AMQPValue::ShortUInt(it) => json!(it),
        AMQPValue::LongInt(it) => json!(it),
        AMQPValue::LongUInt(it) => json!(it),
        AMQPValue::LongLongInt(it) => json!(it),
        AMQPValue::Float(it) => json!(it),
        AMQPValue::Double(it) => json!(it),
        AMQPValue::Timestamp(it) => json!(it),
        AMQPValue::ShortString(it) => json!(it.as_str()),
        AMQPValue::LongString(it) => json!(it.to_string()),
        AMQPValue::FieldArray(it) => it.as_slice().iter().map(plain).collect(),
        AMQPValue::FieldTable(it) => {
            it.inner().iter().map(|(key, one)| (key.as_str().to_owned(), plain(one))).collect()
        }
        AMQPValue::Void => Value::Null,
        other => json!(format!("{other:?}")),
    }
}

fn text(delivery: &Delivery) -> String {
    String::from_utf8_lossy(&delivery.data).into_owned()
}

fn s(text: &str) -> ShortString {
    text.into()
}

fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn none() -> FieldTable {
    FieldTable::default()
}

fn table<const N: usize>(entries: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in entries {
        table.insert(s(key), value);
    }
    table
}
