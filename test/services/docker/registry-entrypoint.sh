#!/bin/sh
cd /opt/registry
exec /opt/java/bin/java -Xmx512m -Dquarkus.http.host=0.0.0.0 -cp "$(echo apicurio-registry-app-*-runner.jar):lib/*" \
  io.quarkus.runner.GeneratedMain
