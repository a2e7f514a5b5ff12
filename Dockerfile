# netsigma, every command of it. There is no build step: Node 24 runs TypeScript as it is.
#   docker build -t netsigma:0.1.0 .
#   docker run --rm netsigma:0.1.0 demo
# The version of Node is that of the devDependency `node`, with which the tests run.
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# 116 MB, 60 of them the embedded PostgreSQL of `demo`.
RUN npm ci --omit=dev

FROM node:${NODE_VERSION}-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="netsigma" \
      org.opencontainers.image.description="Stream processing for network telemetry: from a router's counters to graded anomalies in a table" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
# Root owns the program: the process cannot change it.
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY sql ./sql
COPY schemas ./schemas
COPY topics ./topics
COPY pipeline ./pipeline
# The image's user `node`, as a number: Kubernetes' runAsNonRoot asks for one.
USER 1000:1000
EXPOSE 9464
# Alive, not ready: what waits for a database is not to be restarted. Jobs serve no HTTP: switch it off for them.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.NETSIGMA_HTTP_PORT || 9464}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "pipeline/bin.ts"]
CMD ["--help"]
