/**
 * Every knob of a node, once: its default, unit and meaning. `docs/reference/configuration.md` is made from this.
 *
 * In `config.toml` a knob is `[group] name = value`; in the environment `ALTHING_GROUP_NAME` (upper snake case).
 */
export const settings = {
  network: {
    listen: texts(['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001'], 'multiaddrs to listen on; a taken port 4001 becomes an ephemeral one'),
    announce: texts([], 'multiaddrs to tell others instead of those listened on, for a port forwarded by a router'),
    bootstrap: texts([], 'multiaddrs of nodes to dial at start and whenever nobody is connected'),
    mdns: flag(true, 'find nodes of the same hive on the local network'),
    dht: choice(['server', 'client'], 'server', 'whether to hold DHT records for others'),
    relay: flag(true, 'serve as circuit relay for members of the hive, and use theirs'),
    dialTimeoutMs: integer(10_000, 'ms', 'one dial, with its handshake'),
    handshakeTimeoutMs: integer(
      5_000,
      'ms',
      'the handshake of one who dials us; there is room for 256 at once, and silent ones must not hold it',
    ),
    lookupTimeoutMs: integer(4_000, 'ms', 'one DHT operation'),
    strangerGraceMs: integer(10_000, 'ms', 'a peer that did not prove membership by then is cut'),
    maxStrangers: integer(64, 'connections', 'open connections of peers not (yet) admitted'),
    maxConnectionsPerPeer: integer(4, 'connections', 'open connections of one identity'),
    maxStreamsPerPeer: integer(128, 'streams', 'open inbound streams of one identity, all protocols together'),
    gossipMessagesPerSecond: integer(200, '1/s', 'gossip messages taken from one identity; more are dropped and count against it'),
    maxGossipBytes: integer(98_304, 'bytes', 'longest gossip message'),
    redialBaseMs: integer(1_000, 'ms', 'a lost member is dialled again after about this time; doubles with each failure'),
    redialMaxMs: integer(120_000, 'ms', 'longest time between two dials of a lost member; a connection that lasts longer counts as steady'),
  },
  identity: {
    scryptLogN: integer(18, 'log2', 'cost of a guess at the passphrase of an exported owner key; each step doubles it'),
  },
  hive: {
    helloTimeoutMs: integer(10_000, 'ms', 'one introduction between two nodes, with the grants one of them lacks'),
    helloAttempts: integer(3, 'tries', 'introductions tried with one connected stranger before it is let go'),
    joinTimeoutMs: integer(30_000, 'ms', 'one joining or enrolment, with all dials'),
    joinsPerMinute: integer(60, '1/min', 'codes looked at from all strangers together; more are refused'),
    helloesPerMinute: integer(600, '1/min', 'introductions of strangers looked at, all together; more are refused'),
  },
  journal: {
    maxBodyBytes: integer(65_536, 'bytes', 'longest body of an entry; larger things are content'),
    batchEntries: integer(512, 'entries', 'entries in one replication message at most'),
    batchBytes: integer(1_048_576, 'bytes', 'length of one replication message at most'),
    headsIntervalMs: integer(30_000, 'ms', 'how often heads are compared again with a connected peer, in case gossip was lost'),
    stallTimeoutMs: integer(20_000, 'ms', 'a peer that does not answer a question for entries for this long loses it to another'),
    maxInvalidBatches: integer(3, 'batches', 'wrong batches or messages of one peer after which it is not listened to any more'),
    gossipPerSecond: integer(50, '1/s', 'own new entries told one by one; under more load peers fetch them in batches'),
    ownHeadTimeoutMs: integer(10_000, 'ms', 'how long a restored home waits for peers to say our own newest entry before it writes'),
    maxOwnerEntries: integer(20_000, 'entries', 'entries kept of one owner in an open hive'),
    maxOwnerBytes: integer(16_777_216, 'bytes', 'entries kept of one owner in an open hive'),
    maxFollowedEntries: integer(1_000_000, 'entries', 'entries kept of an owner who is followed, in an open hive'),
    maxFollowedBytes: integer(1_073_741_824, 'bytes', 'entries kept of an owner who is followed, in an open hive'),
    reservedOwnerEntries: integer(64, 'entries', 'room that nobody else can fill, for each owner of an open hive who is here'),
    reservedOwnerBytes: integer(65_536, 'bytes', 'room that nobody else can fill, for each owner of an open hive who is here'),
    maxOpenHiveEntries: integer(2_000_000, 'entries', 'entries kept of an open hive in all, without those of owners who are followed'),
    maxOpenHiveBytes: integer(2_147_483_648, 'bytes', 'entries kept of an open hive in all, without those of owners who are followed'),
    maxLoosePerAuthor: integer(64, 'entries', 'newest releases kept of a node whose journal has no room here'),
    maxLooseEntries: integer(20_000, 'entries', 'releases kept without their journal, in all of a hive; who came first goes'),
    maxLooseBytes: integer(67_108_864, 'bytes', 'releases kept without their journal, in all of a hive; who came first goes'),
  },
  store: {
    lockWaitMs: integer(
      2_000,
      'ms',
      'one round of waiting for another process to let go of the home; a command waits 30 s of them, or its --timeout',
    ),
  },
  content: {
    maxDiskBytes: integer(21_474_836_480, 'bytes', 'disk used by content at most; 0 is no limit'),
    compress: flag(true, 'compress blocks as they are written, where it saves 5 %; `store optimize` does it later'),
    replicas: integer(3, 'copies', 'members that keep a copy of what is published, ourselves counted'),
    rangeBlocks: integer(64, 'blocks', 'chunks asked of one provider at a time at most'),
    parallelRanges: integer(4, 'ranges', 'ranges asked of one provider at once at most; two keep its line full'),
    fetchTimeoutMs: integer(600_000, 'ms', 'one fetch in all'),
    stallTimeoutMs: integer(10_000, 'ms', 'a provider silent for this long loses its range'),
    maxProviders: integer(16, 'peers', 'providers used by one fetch'),
    askTimeoutMs: integer(3_000, 'ms', 'one question to a member: do you have this?'),
    idleTimeoutMs: integer(60_000, 'ms', 'a peer that asks nothing, or takes nothing of what it asked for, is cut after this long'),
    maxServed: integer(64, 'answers', 'ranges being sent at once, to all peers together; more are told to come back'),
    maxReplicaBytes: integer(10_737_418_240, 'bytes', 'disk used by copies kept because a member asked; 0 keeps none'),
    downloadBytesPerSecond: integer(0, 'bytes/s', 'cap on content received; 0 is no cap'),
    uploadBytesPerSecond: integer(0, 'bytes/s', 'cap on content served; 0 is no cap'),
    graceMs: integer(86_400_000, 'ms', 'age a block without references must have before it is collected'),
    provideIntervalMs: integer(43_200_000, 'ms', 'how often provider records are put again'),
    copyDelayMs: integer(
      5_000,
      'ms',
      'how long after a member connected it is asked to keep what lacks copies; half more or less, by chance',
      {
        min: 10,
      },
    ),
    copyRetryMs: integer(600_000, 'ms', 'between two looks at what was published here and lacks copies; half more or less, by chance', {
      min: 1_000,
    }),
  },
  market: {
    maxPackageBytes: integer(536_870_912, 'bytes', 'unpacked size of a package'),
    maxPackageFiles: integer(10_000, 'files', 'files in a package'),
    maxManifestBytes: integer(262_144, 'bytes', 'length of a manifest'),
    searchLimit: integer(10, 'rows', 'hits shown when nothing else is asked'),
    copiesTimeoutMs: integer(15_000, 'ms', 'how long a publish waits for members to sign for their copies'),
    announceTimeoutMs: integer(4_000, 'ms', 'how long a publish waits for its provider record'),
    providersAgeMs: integer(300_000, 'ms', 'how old a count of providers may be when a search shows it'),
    providersTimeoutMs: integer(1_000, 'ms', 'how long a search waits for counts of providers'),
    installWaitMs: integer(60_000, 'ms', 'how long an install waits for another one in the same place'),
    remoteMembers: integer(128, 'members', 'connected members asked by one `search --remote`'),
    remoteTimeoutMs: integer(2_000, 'ms', 'how long a `search --remote` waits for answers'),
    remoteIdleTimeoutMs: integer(60_000, 'ms', 'a channel on which no member asks anything is closed after this long'),
    questionsPerSecond: integer(2, '1/s', 'searches of one other member that are answered; ten seconds of them may come at once'),
    allQuestionsPerSecond: integer(50, '1/s', 'searches of all other members together that are answered'),
    coolDownMs: integer(
      86_400_000,
      'ms',
      'how long ago this node must have first seen a release of an open hive before it installs it unasked',
    ),
    sharing: choice(
      ['auto', 'clone', 'link', 'copy'],
      'auto',
      'how projects share files of unpacked packages: as clones (of their blocks, where the file system can), read-only hard links, or not at all; auto clones, else links what is no template unless it runs as the superuser, else copies',
    ),
  },
  registry: {
    mode: choice(
      ['hybrid', 'p2p', 'central'],
      'hybrid',
      'who is asked for packages: hives and registries at once, hives only, or registries only',
    ),
    serve: flag(false, 'show the packages of the current hive as a registry under /registry, without a token'),
    serveAgeMs: integer(10_000, 'ms', 'how old what is shown under /registry may be'),
    freshMs: integer(30_000, 'ms', 'how old an answer of a registry may be that is not asked for again'),
    timeoutMs: integer(5_000, 'ms', 'how long a command waits for all registries; what is kept of them is then used'),
    stallTimeoutMs: integer(10_000, 'ms', 'a registry silent for this long is given up'),
    fetchTimeoutMs: integer(600_000, 'ms', 'one archive of a registry in all'),
    hedgeMs: integer(1_500, 'ms', 'how long one source of an archive is waited for before another is asked too'),
    maxIndexBytes: integer(8_388_608, 'bytes', 'longest file of lines of one name'),
    maxListBytes: integer(67_108_864, 'bytes', 'longest list of names or of members'),
    maxNames: integer(100_000, 'names', 'names whose lines one command asks of a registry at most'),
  },
  ucxl: {
    enabled: flag(true, 'answer UCXI, the HTTP interface to context, under /ucxi/v1'),
    requestsPerSecond: integer(10_000, 'requests/s', 'requests over UCXI of one caller that are answered; 0 is no cap'),
    maxSubscriptions: integer(64, 'subscriptions', 'subscriptions over UCXI open at once'),
    keepAliveMs: integer(15_000, 'ms', 'a subscriber who hears nothing is sent a comment after this long'),
    maxUnreadBytes: integer(1_048_576, 'bytes', 'what a subscriber may leave unread before it is cut'),
  },
  context: {
    replicas: integer(3, 'copies', 'members that keep the content of a version, ourselves counted'),
    maxBodyBytes: integer(67_108_864, 'bytes', 'longest content of one version'),
    keepVersions: integer(0, 'versions', 'versions this node keeps of a resource it writes; 0 keeps all, and the newest always stays'),
    keepMs: integer(0, 'ms', 'age up to which versions are kept of a resource this node writes; 0 keeps all'),
    maxSessions: integer(1_000, 'sessions', 'navigation sessions open at once; the one unused for longest goes first'),
    sessionMs: integer(3_600_000, 'ms', 'age of an unused navigation session at which it ends'),
    maxSteps: integer(256, 'steps', 'steps a navigation session remembers'),
    maxTextBytes: integer(262_144, 'bytes', 'longest text that a query looks into'),
    cacheBytes: integer(8_388_608, 'bytes', 'short content that was read lately and is remembered'),
    copiesTimeoutMs: integer(5_000, 'ms', 'how long a put waits for members to sign for their copies'),
    resealDelayMs: integer(
      10_000,
      'ms',
      'how long after who may open sealed content changed it is sealed anew, and least time between two passes',
      { min: 100 },
    ),
    maxReseals: integer(64, 'versions', 'versions sealed anew in one pass', { min: 1 }),
    maxWaitingEvents: integer(1_024, 'events', 'events a watcher may be behind, and remembered for who comes back'),
    memberMs: integer(86_400_000, 'ms', 'a member that was not connected for so long keeps no copies, and others take its share'),
    stewardIntervalMs: integer(60_000, 'ms', 'between two looks at what lacks copies or went bad; half more or less, by chance', {
      min: 10,
    }),
    stewardSettleMs: integer(500, 'ms', 'how long new versions, and changes among members, gather before copies are looked after'),
    copyCheckMs: integer(86_400_000, 'ms', "age of a member's word that it has a copy, after which it is asked again"),
    healBytesPerSecond: integer(33_554_432, 'bytes/s', 'bytes fetched and read again to keep copies; 0 is no cap'),
    questionsPerSecond: integer(500, 'questions/s', 'questions of one member about context that are answered', { min: 1 }),
    resolveMembers: integer(8, 'members', 'members asked at once for an address that is not known here', { min: 1 }),
    askTimeoutMs: integer(3_000, 'ms', 'time for one answer of a member about context'),
    resolveTtlMs: integer(30_000, 'ms', 'how long what members told of an address is remembered'),
    missTtlMs: integer(2_000, 'ms', 'how long it is remembered that nobody knew an address'),
    maxResolved: integer(10_000, 'answers', 'such answers remembered at once', { min: 1 }),
    announceTtlMs: integer(3_600_000, 'ms', 'how long an announcement is good; it is made again when half of that is over', {
      min: 1_000,
      max: 86_400_000,
    }),
    announcesPerMinute: integer(600, 'announcements/min', 'announcements that this node makes when asked', { min: 1 }),
    maxAnnounced: integer(10_000, 'resources', 'resources that one node announces', { min: 1 }),
    maxClaims: integer(100_000, 'announcements', 'announcements of all members that are remembered', { min: 1 }),
  },
  tasks: {
    label: text('bzzz-task', 'label that makes an issue a task'),
    ttlSeconds: integer(900, 's', 'how long a claim lasts without a renewal; a node that dies keeps its task for about this long', {
      min: 10,
      max: 86_400,
    }),
    limitedNodes: integer(
      0,
      'nodes',
      'nodes that renew on a forge which limits pushes; renewals are spread so that they stay within six a minute',
    ),
    refs: choice(
      ['auto', 'native', 'heads'],
      'auto',
      'where claims are on the git server: as `althing doctor` found for the project, refs/althing/, or branches where a host takes only those',
    ),
    renewalWindowMs: integer(200, 'ms', 'how long a renewal of a claim waits for others of the project, to share one push', { max: 5_000 }),
    collectAfterMs: integer(604_800_000, 'ms', 'how long the claim of a task that is over stays on the git server'),
    collectEveryMs: integer(3_600_000, 'ms', 'how often a worker looks for claims to collect', { min: 100 }),
    dependencyPatienceMs: integer(300_000, 'ms', 'how long what a task depends on must have been nowhere before a person is asked'),
    remoteTimeoutMs: integer(30_000, 'ms', 'one request to a git server, with its answer'),
    maxAnswerBytes: integer(67_108_864, 'bytes', 'longest answer of a git server to a question about refs and claims'),
    trustedAuthors: texts([], 'names on the forge whose text reaches agents, beside owners, members and collaborators'),
    forgeWriteGapMs: integer(1_000, 'ms', 'least time between two changes on GitHub and GitLab'),
    forgeMaxPauseMs: integer(60_000, 'ms', 'a pause that a forge asks for is waited for when it is no longer; a longer one ends the look'),
    escalationUrl: text('', 'https address that is told, signed, of tasks that wait for a person; empty: none is'),
    escalationTimeoutMs: integer(10_000, 'ms', 'one try to tell it, and what is left to be told when a worker ends'),
    allowPlainHttp: flag(false, 'whether tokens may be sent to other machines over http without encryption'),
    answersHelp: flag(true, 'while a worker runs, its model answers questions of agents on other nodes, within this node’s limits'),
    helpTimeoutMs: integer(120_000, 'ms', 'how long an agent waits for the answer of another node', { max: 600_000 }),
  },
  workers: {
    driver: choice(['model', 'command', 'acp'], 'model', 'who works: our loop over a model, any program, or any agent that speaks ACP'),
    model: text('', 'ENDPOINT/MODEL of the driver model; `althing model list` shows those there are'),
    command: texts(
      [],
      'program and arguments of the drivers command and acp; {prompt} in an argument is the task, else it comes on standard input',
    ),
    secrets: texts([], 'VARIABLE=NAME: secrets that the agent of command and acp is given; whatever it runs can read them'),
    sandbox: choice(['auto', 'none'], 'auto', 'auto: bubblewrap, or nothing runs; none: agents may do whatever this user can'),
    network: choice(['none', 'full'], 'none', 'what an agent reaches from the sandbox'),
    readable: texts([], 'absolute paths that agents may read beside those of the system: where runtimes and tools are'),
    maxTasks: integer(3, 'tasks', 'tasks worked on at once', { min: 1, max: 64 }),
    pollMs: integer(10_000, 'ms', 'how often tasks are looked at when there is nothing to do', { min: 50 }),
    lookMs: integer(300_000, 'ms', 'the same while another node looks for all; three times in a lease at least', { min: 50 }),
    maxTurns: integer(30, 'turns', 'answers of a model for one task', { min: 1, max: 1_000 }),
    maxOutputTokens: integer(8_192, 'tokens', 'longest answer of a model'),
    taskTimeoutMs: integer(3_600_000, 'ms', 'work of an agent on one task; as long again it may stand still while the forge is down'),
    commandTimeoutMs: integer(600_000, 'ms', 'one command that an agent runs'),
    gitTimeoutMs: integer(600_000, 'ms', 'one command of the git of this machine: a fetch, a checkout; one that hangs is ended', {
      min: 1_000,
    }),
    maxOutputBytes: integer(4_194_304, 'bytes', 'what one command may print'),
    maxAnswerLength: integer(16_000, 'characters', 'what a model is shown of the answer of a tool; of longer ones beginning and end'),
    memoryBytes: integer(
      2_147_483_648,
      'bytes',
      'memory of each process of an agent and of its files in memory; of all that together where control groups can be had',
    ),
    cpus: integer(2, 'CPUs', 'processors an agent may use at once', { min: 1, max: 1_024 }),
    processes: integer(1_024, 'processes', 'processes and threads of an agent, where control groups can be had'),
    maxPackBytes: integer(104_857_600, 'bytes', 'longest change of one task, packed'),
    maxTranscriptBytes: integer(8_388_608, 'bytes', 'longest transcript of one run that is kept'),
    checkpointMs: integer(8_000, 'ms', 'time to push what is there and give a task back when the node ends'),
  },
  models: {
    endpoints: texts(
      ['ollama=http://127.0.0.1:11434/v1'],
      "NAME=URL of servers of models that speak OpenAI's API; their keys are secrets, `althing model key NAME`",
    ),
    limits: texts(
      ['call tokens=200000', 'task tokens=3000000', 'day usd=10'],
      'call, task, minute, day or month, then usd=, tokens= or requests=, then model=ENDPOINT/MODEL if for one alone; checked before anything is sent',
    ),
    prices: texts([], 'ENDPOINT/MODEL input= output= in US dollars for a million tokens, where the known prices are not yours'),
    callTimeoutMs: integer(600_000, 'ms', 'one answer of a model, with all tries'),
    stallTimeoutMs: integer(120_000, 'ms', 'a model silent for this long is given up; the first word of a large local one takes long'),
    maxAnswerBytes: integer(8_388_608, 'bytes', 'longest answer of a model, as it comes over the wire'),
    attempts: integer(4, 'tries', 'tries of a call whose endpoint fails or says to wait', { min: 1, max: 20 }),
    retryBaseMs: integer(1_000, 'ms', 'wait before the second try; doubles with each'),
  },
  http: {
    enabled: flag(true, 'answer HTTP on the address below'),
    maxBodyBytes: integer(1_048_576, 'bytes', 'longest body of a request'),
    headersTimeoutMs: integer(10_000, 'ms', 'time for the head of a request to come'),
    requestTimeoutMs: integer(30_000, 'ms', 'time for a whole request to come'),
    maxConnections: integer(256, 'connections', 'open connections at once'),
    address: text('127.0.0.1', 'address to answer on; another than loopback needs TLS and is refused so far'),
    port: integer(4801, 'port', 'port to answer on; a taken 4801 becomes an ephemeral one', { max: 65_535 }),
  },
  secrets: {
    command: texts(
      [],
      'program and arguments that print a secret which stands in no variable and no file: the keyring of the system, pass; {name} is its name, forge-git.example.org',
    ),
    timeoutMs: integer(30_000, 'ms', 'how long that program may take; a person may have to unlock something'),
  },
  shutdown: {
    stepDeadlineMs: integer(4_000, 'ms', 'time for one part to close; after it the next one is closed all the same'),
    deadlineMs: integer(20_000, 'ms', 'time for an orderly end; after it the process ends all the same'),
  },
  log: {
    level: choice(['error', 'warn', 'info', 'debug'], 'info', 'what the running node writes to its log'),
  },
} as const satisfies Record<string, Record<string, Setting>>

/** One knob. */
export type Setting =
  | {
      readonly type: 'integer'
      readonly default: number
      readonly unit: string
      readonly meaning: string
      /** Smallest value; 0 when not said. */
      readonly min?: number
      readonly max?: number
    }
  | { readonly type: 'flag'; readonly default: boolean; readonly meaning: string }
  | { readonly type: 'text'; readonly default: string; readonly meaning: string }
  | { readonly type: 'texts'; readonly default: readonly string[]; readonly meaning: string }
  | { readonly type: 'choice'; readonly default: string; readonly choices: readonly string[]; readonly meaning: string }

type ValueOf<S> = S extends { readonly type: 'integer' }
  ? number
  : S extends { readonly type: 'flag' }
    ? boolean
    : S extends { readonly type: 'texts' }
      ? readonly string[]
      : S extends { readonly type: 'choice'; readonly choices: readonly (infer C)[] }
        ? C
        : string

/** All knobs with their values; parts are handed the groups they need. */
export type Config = {
  readonly [G in keyof typeof settings]: { readonly [K in keyof (typeof settings)[G]]: ValueOf<(typeof settings)[G][K]> }
}

function integer(value: number, unit: string, meaning: string, range: { readonly min?: number; readonly max?: number } = {}) {
  return { type: 'integer', default: value, unit, meaning, ...range } as const
}

function flag(value: boolean, meaning: string) {
  return { type: 'flag', default: value, meaning } as const
}

function text(value: string, meaning: string) {
  return { type: 'text', default: value, meaning } as const
}

function texts(value: readonly string[], meaning: string) {
  return { type: 'texts', default: value, meaning } as const
}

function choice<const C extends string>(choices: readonly C[], value: NoInfer<C>, meaning: string) {
  return { type: 'choice', default: value, choices, meaning } as const
}
