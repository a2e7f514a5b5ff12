/** What the test services are: the only place that names versions. */
export const KAFKA = '4.1.0';
export const LOG4J = '2.24.3';
/** The last line that publishes an archive to Maven Central; 3.x does not. */
export const APICURIO = '2.6.13.Final';
export const MAVEN_DEPENDENCY_PLUGIN = '3.8.1';
/** Debian 13 packages this PostgreSQL with TimescaleDB 2.19.3, Apache build; the suite decides the minor version. */
export const DEBIAN = { suite: 'trixie', postgres: '17' } as const;

/** The vendors' images of the same versions. TimescaleDB's is the Timescale-licensed build. */
export const IMAGES = {
  kafka: `apache/kafka:${KAFKA}`,
  registry: `apicurio/apicurio-registry-mem:${APICURIO}`,
  timescale: `timescale/timescaledb:2.19.3-pg${DEBIAN.postgres}`,
} as const;
