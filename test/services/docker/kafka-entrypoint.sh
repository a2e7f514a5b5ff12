#!/bin/sh
# As apache/kafka: KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS becomes group.min.session.timeout.ms in server.properties.
set -eu
env | sed -n 's/^KAFKA_//p' | while IFS='=' read -r name value; do
  echo "$(echo "$name" | tr 'A-Z_' 'a-z.')=$value"
done >/tmp/server.properties
echo 'log.dirs=/tmp/kafka' >>/tmp/server.properties
java() { /opt/java/bin/java -cp '/opt/kafka/*' "$@"; }
java kafka.tools.StorageTool format -t 4L6g3nShT-eMCtK--X86sw -c /tmp/server.properties
exec /opt/java/bin/java -Xmx512m -Dlog4j2.level=WARN -cp '/opt/kafka/*' kafka.Kafka /tmp/server.properties
