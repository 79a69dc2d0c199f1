// Drives Apache Kafka's own Java client for the tests: one JSON request per line on stdin, one answer per line on
// stdout. Run with the source launcher: java -cp 'libs/*' KafkaClient.java. Bytes are base64, absent is null.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.AppInfoParser;

public class KafkaClient {
    static final ObjectMapper JSON = new ObjectMapper();
    static Publisher publisher;

    public static void main(String[] args) throws Exception {
        // Whatever a library prints must not mix with the answers.
        PrintStream answers = System.out;
        System.setOut(System.err);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            ObjectNode answer = JSON.createObjectNode();
            try {
                answer.set("result", perform(JSON.readTree(line)));
            } catch (Exception error) {
                Throwable cause = error.getCause() == null ? error : error.getCause();
                answer.put("error", cause.getClass().getSimpleName() + ": " + cause.getMessage());
            }
            answers.println(JSON.writeValueAsString(answer));
            answers.flush();
        }
        System.exit(0);
    }

    static JsonNode perform(JsonNode request) throws Exception {
        switch (request.get("op").asText()) {
            case "version": return JSON.getNodeFactory().textNode(AppInfoParser.getVersion());
            case "produce": return produce(request);
            case "consume": return consume(request);
            case "offsetsForTimes": return offsetsForTimes(request);
            case "createTopic": return createTopic(request);
            case "describeTopic": return describeTopic(request);
            case "describeCluster": return describeCluster(request);
            case "describeConfigs": return describeConfigs(request);
            case "deleteTopic": return deleteTopic(request);
            case "startPublishing": return startPublishing(request);
            case "published": return JSON.getNodeFactory().numberNode(publisher.acknowledged.get());
            case "stopPublishing": return publisher.finish();
            case "dump": return dump(request);
            default: throw new IllegalArgumentException("unknown op " + request.get("op"));
        }
    }

    static Properties properties(JsonNode request, String... defaults) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", request.get("bootstrap").asText());
        for (int i = 0; i < defaults.length; i += 2) properties.put(defaults[i], defaults[i + 1]);
        JsonNode config = request.get("config");
        if (config != null) config.fields().forEachRemaining(e -> properties.put(e.getKey(), e.getValue().asText()));
        return properties;
    }

    static KafkaProducer<byte[], byte[]> producer(JsonNode request) {
        ByteArraySerializer bytes = new ByteArraySerializer();
        return new KafkaProducer<>(properties(request), bytes, bytes);
    }

    static KafkaConsumer<byte[], byte[]> consumer(JsonNode request) {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        return new KafkaConsumer<>(
            properties(request, "check.crcs", "true", "enable.auto.commit", "false", "auto.offset.reset", "none"),
            bytes, bytes);
    }

    static byte[] decode(JsonNode node) {
        return node == null || node.isNull() ? null : Base64.getDecoder().decode(node.asText());
    }

    static String encode(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    static JsonNode produce(JsonNode request) throws Exception {
        String topic = request.get("topic").asText();
        int partition = request.get("partition").asInt();
        ArrayNode offsets = JSON.createArrayNode();
        try (KafkaProducer<byte[], byte[]> producer = producer(request)) {
            // Metadata first, so that the records below wait for nothing and share a batch.
            producer.partitionsFor(topic);
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : request.get("records")) {
                RecordHeaders headers = new RecordHeaders();
                for (JsonNode header : record.get("headers")) headers.add(header.get(0).asText(), decode(header.get(1)));
                JsonNode timestamp = record.get("timestamp");
                sent.add(producer.send(new ProducerRecord<>(topic, partition,
                    timestamp == null || timestamp.isNull() ? null : timestamp.asLong(),
                    decode(record.get("key")), decode(record.get("value")), headers)));
            }
            producer.flush();
            for (Future<RecordMetadata> one : sent) offsets.add(one.get().offset());
        }
        return offsets;
    }

    static JsonNode consume(JsonNode request) {
        TopicPartition partition =
            new TopicPartition(request.get("topic").asText(), request.get("partition").asInt());
        int max = request.has("max") ? request.get("max").asInt() : Integer.MAX_VALUE;
        ArrayNode records = JSON.createArrayNode();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(request)) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, request.get("from").asLong());
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (consumer.position(partition) < end && records.size() < max) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("stuck at " + consumer.position(partition) + " below " + end);
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    if (records.size() < max) records.add(describe(record));
                }
            }
        }
        return records;
    }

    static ObjectNode describe(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode node = JSON.createObjectNode();
        node.put("offset", record.offset());
        node.put("timestamp", record.timestamp());
        node.put("timestampType", record.timestampType().name());
        node.put("key", encode(record.key()));
        node.put("value", encode(record.value()));
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) headers.addArray().add(header.key()).add(encode(header.value()));
        return node;
    }

    static JsonNode offsetsForTimes(JsonNode request) {
        TopicPartition partition =
            new TopicPartition(request.get("topic").asText(), request.get("partition").asInt());
        ArrayNode answers = JSON.createArrayNode();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(request)) {
            for (JsonNode timestamp : request.get("timestamps")) {
                var found = consumer.offsetsForTimes(Map.of(partition, timestamp.asLong())).get(partition);
                if (found == null) answers.addNull();
                else answers.addArray().add(found.offset()).add(found.timestamp());
            }
        }
        return answers;
    }

    static JsonNode createTopic(JsonNode request) throws Exception {
        Map<String, String> configs = new HashMap<>();
        if (request.has("configs")) {
            request.get("configs").fields().forEachRemaining(e -> configs.put(e.getKey(), e.getValue().asText()));
        }
        try (Admin admin = Admin.create(properties(request))) {
            NewTopic topic = new NewTopic(request.get("topic").asText(),
                Optional.of(request.get("partitions").asInt()), Optional.empty()).configs(configs);
            var created = admin.createTopics(List.of(topic));
            ObjectNode answer = JSON.createObjectNode();
            answer.put("partitions", created.numPartitions(topic.name()).get());
            answer.put("topicId", created.topicId(topic.name()).get().toString());
            return answer;
        }
    }

    static JsonNode describeTopic(JsonNode request) throws Exception {
        try (Admin admin = Admin.create(properties(request))) {
            String name = request.get("topic").asText();
            var description = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
            ObjectNode answer = JSON.createObjectNode();
            answer.put("topicId", description.topicId().toString());
            answer.put("partitions", description.partitions().size());
            answer.put("listed", admin.listTopics().names().get().contains(name));
            return answer;
        }
    }

    static JsonNode describeCluster(JsonNode request) throws Exception {
        try (Admin admin = Admin.create(properties(request))) {
            var cluster = admin.describeCluster();
            ObjectNode answer = JSON.createObjectNode();
            answer.put("clusterId", cluster.clusterId().get());
            answer.put("nodes", cluster.nodes().get().size());
            answer.put("controller", cluster.controller().get().id());
            return answer;
        }
    }

    static JsonNode describeConfigs(JsonNode request) throws Exception {
        try (Admin admin = Admin.create(properties(request))) {
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, request.get("topic").asText());
            ObjectNode answer = JSON.createObjectNode();
            admin.describeConfigs(List.of(resource)).all().get().get(resource).entries()
                .forEach(entry -> answer.put(entry.name(), entry.value()));
            return answer;
        }
    }

    static JsonNode deleteTopic(JsonNode request) throws Exception {
        try (Admin admin = Admin.create(properties(request))) {
            admin.deleteTopics(List.of(request.get("topic").asText())).all().get();
            return JSON.getNodeFactory().booleanNode(true);
        }
    }

    static JsonNode startPublishing(JsonNode request) throws Exception {
        publisher = new Publisher(request);
        publisher.start();
        return JSON.getNodeFactory().booleanNode(true);
    }

    /** Sends numbered messages round robin to all partitions until told to finish; the client retries by itself. */
    static class Publisher extends Thread {
        final AtomicLong acknowledged = new AtomicLong();
        final ConcurrentLinkedQueue<String> acks = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        final String topic;
        final int partitions;
        final int payloadBytes;
        final Path ackFile;
        final KafkaProducer<byte[], byte[]> producer;
        volatile boolean stopping;

        Publisher(JsonNode request) {
            topic = request.get("topic").asText();
            partitions = request.get("partitions").asInt();
            payloadBytes = request.get("payloadBytes").asInt();
            ackFile = Path.of(request.get("ackFile").asText());
            producer = producer(request);
        }

        @Override public void run() {
            byte[] payload = new byte[payloadBytes];
            for (long sequence = 0; !stopping; sequence++) {
                for (int partition = 0; partition < partitions; partition++) send(partition, sequence, payload);
                if (sequence % 16 == 15) pause();
            }
        }

        void send(int partition, long sequence, byte[] payload) {
            byte[] key = Long.toString(sequence).getBytes(StandardCharsets.US_ASCII);
            producer.send(new ProducerRecord<>(topic, partition, key, payload), (metadata, error) -> {
                if (error != null) {
                    failures.add(partition + " " + sequence + " " + error);
                } else {
                    acks.add(partition + " " + metadata.offset() + " " + sequence);
                    acknowledged.incrementAndGet();
                }
            });
        }

        void pause() {
            try {
                Thread.sleep(1);
            } catch (InterruptedException error) {
                stopping = true;
            }
        }

        JsonNode finish() throws Exception {
            stopping = true;
            join();
            producer.flush();
            producer.close();
            Files.write(ackFile, acks);
            ObjectNode answer = JSON.createObjectNode();
            answer.put("acknowledged", acknowledged.get());
            ArrayNode failed = answer.putArray("failures");
            failures.stream().limit(5).forEach(failed::add);
            return answer;
        }
    }

    /** Every record of a topic, from log start to log end, as lines "partition offset key". */
    static JsonNode dump(JsonNode request) throws Exception {
        String topic = request.get("topic").asText();
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < request.get("partitions").asInt(); i++) partitions.add(new TopicPartition(topic, i));
        ObjectNode ends = JSON.createObjectNode();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(request);
             BufferedWriter file = Files.newBufferedWriter(Path.of(request.get("file").asText()))) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (partitions.stream().anyMatch(one -> consumer.position(one) < end.get(one))) {
                if (System.nanoTime() > deadline) throw new IllegalStateException("reader is stuck below " + end);
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    file.write(record.partition() + " " + record.offset() + " "
                        + new String(record.key(), StandardCharsets.US_ASCII) + "\n");
                }
            }
            end.forEach((one, offset) -> ends.put(Integer.toString(one.partition()), offset));
        }
        return ends;
    }
}
