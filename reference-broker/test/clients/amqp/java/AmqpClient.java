/** RabbitMQ's Java client against a broker: see ../cases.ts for what each case does. */
import com.rabbitmq.client.*;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.*;
import java.util.concurrent.*;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class AmqpClient {
    interface Case { Object run(String name) throws Exception; }
    interface Read<T> { T read() throws Exception; }

    static final long SETTLE_MS = 500, POLL_MS = 20, POLL_LIMIT_MS = 10_000;
    static String host, authorityFile;
    static int tlsPort;
    static Connection connection;

    public static void main(String[] args) throws Exception {
        host = args[0];
        tlsPort = Integer.parseInt(args[2]);
        authorityFile = args[3];
        connection = factory(Integer.parseInt(args[1])).newConnection();
        String version = String.valueOf(connection.getClientProperties().get("version"));
        print(map("client", "amqp-client (Java)", "version", version));
        Map<String, Case> cases = new LinkedHashMap<>();
        cases.put("topology", AmqpClient::topology);
        cases.put("confirms", AmqpClient::confirms);
        cases.put("consume", AmqpClient::consume);
        cases.put("requeue", AmqpClient::requeue);
        cases.put("deadLetter", AmqpClient::deadLetter);
        cases.put("expiry", AmqpClient::expiry);
        cases.put("properties", AmqpClient::properties);
        cases.put("get", AmqpClient::getCase);
        cases.put("large", AmqpClient::large);
        cases.put("tls", AmqpClient::tls);
        for (Map.Entry<String, Case> entry : cases.entrySet()) {
            try {
                print(map("case", entry.getKey(), "facts", entry.getValue().run(args[4] + "." + entry.getKey())));
            } catch (Exception error) {
                print(map("case", entry.getKey(), "error", describe(error)));
            }
        }
        connection.close();
        System.exit(0);
    }

    static ConnectionFactory factory(int port) {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(host);
        factory.setPort(port);
        factory.setAutomaticRecoveryEnabled(false);
        return factory;
    }

    static Object topology(String name) throws Exception {
        Channel channel = connection.createChannel();
        String source = name + ".source", target = name + ".target";
        channel.exchangeDeclare(source, "topic", true);
        channel.exchangeDeclare(target, "fanout", true);
        channel.queueDeclare(name, true, false, false, null);
        channel.exchangeBind(target, source, "order.*.created");
        channel.queueBind(name, target, "");
        channel.basicPublish(source, "order.eu.created", null, bytes("routed"));
        channel.basicPublish(source, "order.eu.deleted", null, bytes("dropped"));
        String routed = text(get(channel, name));
        boolean serverNamed = channel.queueDeclare().getQueue().startsWith("amq.gen-");
        Integer missing = null;
        try {
            connection.createChannel().queueDeclarePassive(name + ".missing");
        } catch (IOException error) {
            Object reason = ((ShutdownSignalException) error.getCause()).getReason();
            missing = ((AMQP.Channel.Close) reason).getReplyCode();
        }
        channel.exchangeUnbind(target, source, "order.*.created");
        channel.basicPublish(source, "order.eu.created", null, bytes("unbound"));
        GetResponse after = channel.basicGet(name, false);
        channel.queueDelete(name);
        channel.exchangeDelete(source);
        channel.exchangeDelete(target);
        channel.close();
        return map("routed", routed, "serverNamed", serverNamed, "missing", missing,
            "afterUnbind", after == null ? null : text(after));
    }

    static Object confirms(String name) throws Exception {
        Channel channel = connection.createChannel();
        channel.queueDeclare(name, true, false, false, map("x-max-length", 100, "x-overflow", "reject-publish"));
        channel.confirmSelect();
        ConcurrentSkipListSet<Long> open = new ConcurrentSkipListSet<>();
        Set<Long> acked = ConcurrentHashMap.newKeySet(), nacked = ConcurrentHashMap.newKeySet();
        channel.addConfirmListener(
            (tag, multiple) -> settle(open, acked, tag, multiple),
            (tag, multiple) -> settle(open, nacked, tag, multiple));
        BlockingQueue<Integer> returned = new LinkedBlockingQueue<>();
        channel.addReturnListener(message -> returned.add(message.getReplyCode()));
        for (int i = 0; i < 101; i++) publishOpen(channel, open, name, false);
        eventually(() -> open.isEmpty() ? true : null);
        int confirmed = acked.size(), refused = nacked.size();
        publishOpen(channel, open, name + ".nowhere", true);
        eventually(() -> open.isEmpty() ? true : null);
        long count = channel.messageCount(name);
        channel.close();
        return map("confirmed", confirmed, "nacked", refused, "returned", returned.poll(), "count", count);
    }

    static void publishOpen(Channel channel, Set<Long> open, String key, boolean mandatory) throws IOException {
        open.add(channel.getNextPublishSeqNo());
        channel.basicPublish("", key, mandatory, MessageProperties.PERSISTENT_BASIC, bytes("x"));
    }

    static void settle(NavigableSet<Long> open, Set<Long> into, long tag, boolean multiple) {
        Set<Long> settled = multiple ? open.headSet(tag, true) : open.subSet(tag, true, tag, true);
        into.addAll(settled);
        settled.clear();
    }

    static Object consume(String name) throws Exception {
        Channel channel = connection.createChannel();
        channel.queueDeclare(name, false, false, false, null);
        for (int i = 0; i < 10; i++) send(channel, name, String.valueOf(i), null);
        channel.basicQos(3);
        BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        channel.basicConsume(name, false, (tag, delivery) -> deliveries.add(delivery), tag -> { });
        List<String> bodies = new ArrayList<>();
        long third = 0;
        while (bodies.size() < 3) {
            Delivery delivery = deliveries.poll(POLL_LIMIT_MS, TimeUnit.MILLISECONDS);
            bodies.add(new String(delivery.getBody()));
            third = delivery.getEnvelope().getDeliveryTag();
        }
        Thread.sleep(SETTLE_MS);
        int beforeAck = bodies.size() + deliveries.size();
        channel.basicAck(third, true);
        while (bodies.size() < 10) {
            Delivery delivery = deliveries.poll(POLL_LIMIT_MS, TimeUnit.MILLISECONDS);
            bodies.add(new String(delivery.getBody()));
            channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
        }
        channel.close();
        return map("beforeAck", beforeAck, "bodies", bodies, "left", connection.createChannel().messageCount(name));
    }

    static Object requeue(String name) throws Exception {
        List<Object> seen = new ArrayList<>();
        Channel channel = connection.createChannel();
        channel.queueDeclare(name, false, false, false, null);
        for (String body : List.of("a", "b")) send(channel, name, body, null);
        channel.basicNack(take(channel, name, seen), false, true);
        channel.basicReject(take(channel, name, seen), false);
        take(channel, name, seen);
        channel.close();
        Channel other = connection.createChannel();
        other.basicAck(take(other, name, seen), false);
        return map("seen", seen, "left", other.messageCount(name));
    }

    static long take(Channel channel, String name, List<Object> seen) throws Exception {
        GetResponse got = get(channel, name);
        seen.add(List.of(text(got), got.getEnvelope().isRedeliver()));
        return got.getEnvelope().getDeliveryTag();
    }

    static Object deadLetter(String name) throws Exception {
        Channel channel = connection.createChannel();
        String exchange = name + ".exchange", dead = name + ".dead";
        channel.exchangeDeclare(exchange, "direct");
        channel.queueDeclare(dead, false, false, false, null);
        channel.queueBind(dead, exchange, "dead");
        channel.queueDeclare(name, false, false, false,
            map("x-dead-letter-exchange", exchange, "x-dead-letter-routing-key", "dead"));
        send(channel, name, "poison", new AMQP.BasicProperties.Builder().headers(map("kept", "yes")).build());
        channel.basicReject(get(channel, name).getEnvelope().getDeliveryTag(), false);
        GetResponse got = get(channel, dead);
        Map<String, Object> headers = got.getProps().getHeaders();
        List<Object> deaths = new ArrayList<>();
        for (Object entry : (List<?>) headers.get("x-death")) {
            Map<?, ?> death = (Map<?, ?>) entry;
            deaths.add(map("queue", death.get("queue"), "reason", death.get("reason"), "exchange",
                death.get("exchange"), "routingKeys", death.get("routing-keys"), "count", death.get("count")));
        }
        return map("body", text(got), "exchange", got.getEnvelope().getExchange(), "routingKey",
            got.getEnvelope().getRoutingKey(), "kept", headers.get("kept"), "deaths", deaths, "first",
            map("queue", headers.get("x-first-death-queue"), "reason", headers.get("x-first-death-reason"),
                "exchange", headers.get("x-first-death-exchange")));
    }

    static Object expiry(String name) throws Exception {
        Channel channel = connection.createChannel();
        String each = name + ".each", dead = name + ".dead";
        Map<String, Object> toDead = map("x-dead-letter-exchange", "", "x-dead-letter-routing-key", dead);
        channel.queueDeclare(dead, false, false, false, null);
        channel.queueDeclare(each, false, false, false, toDead);
        Map<String, Object> withTtl = new HashMap<>(toDead);
        withTtl.put("x-message-ttl", 100);
        channel.queueDeclare(name, false, false, false, withTtl);
        send(channel, name, "by-queue", null);
        send(channel, each, "by-message", new AMQP.BasicProperties.Builder().expiration("100").build());
        Map<String, Object> facts = new LinkedHashMap<>();
        for (int i = 0; i < 2; i++) {
            GetResponse got = get(channel, dead);
            Map<?, ?> death = (Map<?, ?>) ((List<?>) got.getProps().getHeaders().get("x-death")).get(0);
            facts.put(text(got), map("queue", death.get("queue"), "reason", death.get("reason"), "expiration",
                got.getProps().getExpiration(), "originalExpiration", death.get("original-expiration")));
        }
        return facts;
    }

    static Object properties(String name) throws Exception {
        Channel channel = connection.createChannel();
        channel.queueDeclare(name, false, false, false, null);
        Map<String, Object> headers = map("text", "é", "int", 42, "negative", -7, "long", 1_099_511_627_776L,
            "double", 1.5, "yes", true, "no", false, "nothing", null, "nested", map("a", map("b", "c")),
            "list", List.of("x", 1, true));
        send(channel, name, "påyload", new AMQP.BasicProperties.Builder().contentType("text/plain")
            .contentEncoding("identity").headers(headers).deliveryMode(2).priority(5).correlationId("correlation")
            .replyTo("reply").expiration("60000").messageId("id").timestamp(new Date(1_700_000_000_000L))
            .type("kind").userId("guest").appId("app").build());
        GetResponse got = get(channel, name);
        AMQP.BasicProperties seen = got.getProps();
        return map("contentType", seen.getContentType(), "contentEncoding", seen.getContentEncoding(), "headers",
            seen.getHeaders(), "deliveryMode", seen.getDeliveryMode(), "priority", seen.getPriority(),
            "correlationId", seen.getCorrelationId(), "replyTo", seen.getReplyTo(), "expiration",
            seen.getExpiration(), "messageId", seen.getMessageId(), "timestamp",
            seen.getTimestamp().getTime() / 1000, "type", seen.getType(), "userId", seen.getUserId(), "appId",
            seen.getAppId(), "body", text(got));
    }

    static Object getCase(String name) throws Exception {
        Channel channel = connection.createChannel();
        channel.queueDeclare(name, false, false, false, null);
        boolean empty = channel.basicGet(name, false) == null;
        for (int i = 0; i < 3; i++) send(channel, name, String.valueOf(i), null);
        GetResponse got = get(channel, name);
        return map("empty", empty, "body", text(got), "remaining", got.getMessageCount());
    }

    static Object large(String name) throws Exception {
        Channel channel = connection.createChannel();
        channel.queueDeclare(name, false, false, false, null);
        channel.confirmSelect();
        byte[] body = new byte[1_048_577];
        for (int i = 0; i < body.length; i++) body[i] = (byte) (i % 251);
        channel.basicPublish("", name, null, body);
        channel.waitForConfirmsOrDie(POLL_LIMIT_MS);
        byte[] got = get(channel, name).getBody();
        return map("bytes", got.length, "intact", Arrays.equals(got, body));
    }

    static Object tls(String name) throws Exception {
        String body;
        try (Connection secure = secure(trusting(authorityFile)).newConnection()) {
            Channel channel = secure.createChannel();
            channel.queueDeclare(name, false, false, false, null);
            send(channel, name, "secret", null);
            body = text(get(channel, name));
        }
        String refused;
        try {
            secure(SSLContext.getDefault()).newConnection().close();
            refused = "accepted";
        } catch (Exception error) {
            String what = describe(error);
            refused = what.contains("PKIX") ? "refused" : "other: " + what;
        }
        return map("body", body, "withoutAuthority", refused);
    }

    static ConnectionFactory secure(SSLContext context) {
        ConnectionFactory factory = factory(tlsPort);
        factory.useSslProtocol(context);
        factory.enableHostnameVerification();
        return factory;
    }

    static SSLContext trusting(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (FileInputStream input = new FileInputStream(file)) {
            store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(input));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    static void send(Channel channel, String queue, String body, AMQP.BasicProperties properties) throws IOException {
        channel.basicPublish("", queue, properties, bytes(body));
    }

    static GetResponse get(Channel channel, String queue) throws Exception {
        return eventually(() -> channel.basicGet(queue, false));
    }

    static <T> T eventually(Read<T> read) throws Exception {
        long deadline = System.nanoTime() + POLL_LIMIT_MS * 1_000_000;
        for (T value = read.read(); ; value = read.read()) {
            if (value != null) return value;
            if (System.nanoTime() > deadline) throw new TimeoutException("nothing came");
            Thread.sleep(POLL_MS);
        }
    }

    static byte[] bytes(String text) { return text.getBytes(StandardCharsets.UTF_8); }

    static String text(GetResponse got) { return new String(got.getBody(), StandardCharsets.UTF_8); }

    static String describe(Throwable error) {
        StringBuilder words = new StringBuilder();
        for (Throwable at = error; at != null; at = at.getCause()) words.append(at).append("; ");
        return words.toString();
    }

    static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) map.put((String) pairs[i], pairs[i + 1]);
        return map;
    }

    static void print(Object value) {
        System.out.println(json(value));
        System.out.flush();
    }

    static String json(Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
        StringJoiner parts;
        if (value instanceof Map<?, ?> map) {
            parts = new StringJoiner(",", "{", "}");
            map.forEach((key, one) -> parts.add(quoted(String.valueOf(key)) + ":" + json(one)));
            return parts.toString();
        }
        if (value instanceof List<?> list) {
            parts = new StringJoiner(",", "[", "]");
            list.forEach(one -> parts.add(json(one)));
            return parts.toString();
        }
        return quoted(String.valueOf(value));
    }

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 0x20 || c > 0x7e) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }
}
