/** Who may import whom. Every rule says why. Run by `npm run check`. */
const io =
  '^(node:(fs|net|dgram|child_process|http|https|tls|worker_threads)|node_modules/(pg|pg-copy-streams|net-snmp|kafkajs|fastify|pino|prom-client))';

/** A folder of the pipeline that must not import these others. */
const never = (name, from, to, comment, alsoTypes = true) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: alsoTypes ? { path: to } : { path: to, dependencyTypesNot: ['type-only'] },
});

export default {
  forbidden: [
    never(
      'model-imports-nothing',
      '^pipeline/model/',
      '^(pipeline/(?!model/)|topics/)',
      'The model is what all others share: it must stand alone.',
    ),
    never('pure-model', '^pipeline/model/', io, 'Ids, time and columns are arithmetic: no I/O.'),
    never(
      'pure-stages',
      '^pipeline/stages/',
      io,
      'A stage is a pure function of (state, record): replay and restore depend on it.',
    ),
    never(
      'stages-know-model-only',
      '^pipeline/stages/',
      '^pipeline/(?!model/|stages/)',
      'A stage must run in any runtime: it sees the model and the catalogue.',
    ),
    never(
      'topics-are-data',
      '^topics/',
      '^pipeline/',
      'The catalogue is read by everybody and knows nobody.',
    ),
    never(
      'codec-below-runtime',
      '^pipeline/codec/',
      '^pipeline/(?!model/|codec/)',
      'Bytes to columns, nothing more.',
    ),
    never(
      'collect-is-alone',
      '^pipeline/collect/',
      '^pipeline/(runtime|stages|sink|db|api|demo|observe)/',
      'Collectors meet the pipeline in topics only.',
    ),
    never(
      'runtime-is-alone',
      '^pipeline/runtime/',
      '^pipeline/(collect|sink|db|api|demo|observe)/',
      'Tasks meet collectors and the sink in topics only.',
    ),
    never(
      'sink-is-alone',
      '^pipeline/sink/',
      '^pipeline/(collect|runtime|stages|api|demo|observe)/',
      'The sink meets the tasks in topics only.',
    ),
    never(
      'db-knows-no-pipeline',
      '^pipeline/db/',
      '^pipeline/(?!model/|db/)',
      'The database is opened and migrated without a broker.',
    ),
    never(
      'topology-is-a-description',
      '^pipeline/topology\\.ts$',
      '^pipeline/(?!model/|stages/)',
      'stages <- topology <- runtime: it says what, the runtime says how.',
    ),
    never(
      'nobody-imports-the-wiring',
      '^pipeline/(?!demo/)[^/]+/',
      '^pipeline/(main|bin|cli|wiring|run|database)\\.ts$',
      'Commands wire (the demo is one); nothing asks them.',
    ),
    never(
      'sql-owner',
      '^pipeline/(?!db/|sink/)',
      '^node_modules/pg',
      'db and sink own PostgreSQL; others may name its types.',
      false,
    ),
    never(
      'socket-owner',
      '^pipeline/(?!collect/|db/)',
      '^(node:(dgram|net)|node_modules/net-snmp)',
      'collect owns sockets; db looks for a free port.',
    ),
    never(
      'http-owner',
      '^pipeline/(?!observe/|api/)',
      '^node_modules/fastify',
      'observe owns the status server.',
    ),
    never(
      'metrics-owner',
      '^pipeline/(?!observe/)',
      '^node_modules/prom-client',
      'All self-metrics stand in one file.',
    ),
    never(
      'kafka-owner',
      '^pipeline/(?!broker/kafka/)',
      '^node_modules/kafkajs',
      'One folder owns the Kafka client and its patches.',
    ),
    never('no-test-in-product', '^(pipeline|topics)/', '^test/', 'The product does not know its tests.'),
    never(
      'verifier-is-independent',
      '^test/verify/(?!.*\\.test\\.ts$)',
      '^(pipeline|topics)/|^test/(?!verify/)',
      'It must not share a mistake with what it verifies; only its tests run the pipeline.',
    ),
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no top to read from.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'It would fail at run time.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-in-product',
      severity: 'error',
      comment: 'Dev dependencies are not installed in production.',
      from: { path: '^(pipeline|topics)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
