import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Utils;

/** What Kafka's own client says. "partitions N": of each key in stdin (base64). "read BROKERS TOPIC": its records. */
public class JavaClient {
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("partitions")) partitions(Integer.parseInt(arguments[1]));
    else read(arguments[1], arguments[2]);
  }

  static void partitions(int count) throws Exception {
    BufferedReader keys = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    StringBuilder out = new StringBuilder();
    for (String line = keys.readLine(); line != null; line = keys.readLine()) {
      int hash = Utils.murmur2(Base64.getDecoder().decode(line));
      out.append(hash).append(' ').append(Utils.toPositive(hash) % count).append('\n');
    }
    System.out.print(out);
  }

  static void read(String brokers, String topic) {
    Map<String, Object> settings = Map.of("bootstrap.servers", brokers, "isolation.level", "read_committed");
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
      List<TopicPartition> all = consumer.partitionsFor(topic).stream()
          .map(info -> new TopicPartition(topic, info.partition())).collect(Collectors.toList());
      consumer.assign(all);
      consumer.seekToBeginning(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(of -> consumer.position(of) < ends.get(of))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) print(record);
      }
    }
  }

  static void print(ConsumerRecord<byte[], byte[]> record) {
    System.out.println(record.partition() + " " + record.offset() + " " + record.timestamp() + " " + record.timestampType()
        + " " + base64(record.key()) + " " + base64(record.value()));
  }

  static String base64(byte[] bytes) {
    return bytes == null ? "null" : Base64.getEncoder().encodeToString(bytes);
  }
}
