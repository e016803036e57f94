import { objectLimits } from './object-limits.ts'

/** Every limit of the system in one place, with AWS's figure beside ours where AWS has one. */
export const limits = {
  /**
   * Largest request body, bytes. AWS: a job is ≤30 KiB, a definition ≤24 KiB; a PutLogEvents of
   * 1 MiB is several times as long where JSON escapes its letters.
   */
  requestBodyBytes: 4 * 1_048_576,
  /**
   * Request bodies that are arriving or not yet answered, bytes in sum; HTTP connections. Ours
   * alone.
   */
  requestBodiesBytes: 64 * 1_048_576,
  connections: 1000,
  /** Open connections of one principal. Ours alone. */
  connectionsOfPrincipal: 500,
  /**
   * Requests of one principal, and requests of one address whose signature is not accepted. A
   * workflow manager that submits tens of thousands of jobs at once does not meet the first. AWS:
   * 50 SubmitJob a second, others unpublished.
   */
  requestsOfPrincipal: { burst: 200_000, perSecond: 1000 },
  failuresOfAddress: { burst: 1000, perSecond: 10 },
  /** Principals and addresses that are counted; the ones seen longest ago are forgotten. Ours alone. */
  principalsCounted: 10_000,
  addressesCounted: 10_000,
  /** Answers that clients have not read yet, bytes in sum. Ours alone. */
  answersBytes: 64 * 1_048_576,
  /**
   * Time a client may take to send a request, and to send its headers, ms; how often this is
   * checked. Ours alone.
   */
  requestMs: 60_000,
  requestHeadersMs: 20_000,
  requestCheckMs: 5_000,
  /** Whether jobs reach the server is tried so often, waits so long, and reads so much. Ours alone. */
  reachEveryMs: 600_000,
  reachTryMs: 5_000,
  reachAnswerBytes: 65_536,
  /** A document in a request to S3: objects to delete, parts of an upload. Bytes. Ours alone. */
  objectDocumentBytes: 4 * 1_048_576,
  /** Time in which an answer that is streamed must get on, ms. Ours alone. */
  answerStallMs: 300_000,
  /** Entries of a page of a listing of S3, and objects of one DeleteObjects. AWS: 1000 each. */
  objectsPerPage: 1000,
  /** SubmitJob after merging, bytes. AWS: 30 KiB. */
  jobBytes: 30 * 1024,
  /** RegisterJobDefinition, bytes. AWS: 24 KiB. */
  jobDefinitionBytes: 24 * 1024,
  /** Pages of DescribeInstances and DescribeInstanceTypes. AWS: the same. */
  ec2InstancesPage: { least: 5, most: 1000 },
  ec2InstanceTypesPage: { least: 5, most: 100 },
  /** Ids of one DescribeInstances, types of one DescribeInstanceTypes, values of their filters. AWS: the same. */
  ec2InstanceIds: 1000,
  ec2InstanceTypes: 100,
  ec2FilterValues: 200,
  /** Tasks of one DescribeTasks, instances of one DescribeContainerInstances. AWS: 100 each. */
  ecsDescribed: 100,
  /** Ended tasks that DescribeTasks still knows. AWS: those of about an hour. */
  endedTasksKnown: 20_000,
  /** Names in one GetParameters. AWS: 10. */
  parametersAtOnce: 10,
  /** Ids in one DescribeJobs. AWS: 100. */
  describeJobsIds: 100,
  /** A page of a Describe or a filtered ListJobs. AWS: 100. */
  pageSize: 100,
  /**
   * Jobs at the front of a queue that GetJobQueueSnapshot goes through for somebody who sees only
   * some of them. Ours alone.
   */
  frontLookedAt: 10_000,
  /** Shares that GetJobQueueSnapshot shows. AWS: 20. */
  sharesShown: 20,
  /**
   * Jobs that one scheduling pass examines behind a waiting head job, with backfill. Ours alone.
   */
  backfillDepth: 100,
  /**
   * Instances that `GET /api/instances` shows, and attempts that it shows for one instance. Ours
   * alone.
   */
  instancesShown: 5_000,
  attemptsOfInstanceShown: 1_000,
  /** Lines of a job's story. A longer story loses lines in the middle. Ours alone. */
  storyLines: 100,
  /** Records of the audit that one answer shows. */
  auditRecordsShown: 1000,
  /** Bytes of a file of the audit, and how many files are kept. */
  auditFileBytes: 32 * 1024 * 1024,
  auditFiles: 8,
  /** Bytes of records that may wait for the disk. */
  auditWaitingBytes: 4 * 1024 * 1024,
  /**
   * Log lines that `GET /api/jobs/{id}/why` shows, their bytes in sum, and characters of one line.
   * Ours alone.
   */
  lastLinesShown: 20,
  lastLinesBytes: 8 * 1024,
  lastLineCharacters: 500,
  /**
   * Searches for jobs: jobs that are searched, the newest, which take some hundred bytes of memory
   * each; jobs found by the beginning of an id; jobs of one answer, and their bytes, which the last
   * job may exceed only if it is the first; groups of one answer; values of one filter; characters of
   * a value; and ms until a search is given up. Ours alone.
   */
  searchedJobs: 5_000_000,
  searchedIds: 10_000,
  searchPage: 1000,
  searchPageBytes: 2 * 1_048_576,
  searchGroups: 1000,
  searchValues: 100,
  searchValueLength: 1024,
  searchMs: 10_000,
  /** A store with so many jobs prepares for searches when the server starts. Ours alone. */
  searchPreparedFrom: 20_000,
  /** Jobs that wait for one job: as many as `GET /api/jobs/{id}` shows, and looks at. Ours alone. */
  dependantsShown: 100,
  dependantsLookedAt: 1_000,
  /** Changes kept for those who watch `GET /api/events`, and ms for which they are gathered after the last one left. */
  changesKept: 10_000,
  changesKeptMs: 120_000,
  /** Watchers in all and of one user; bytes that may wait for one. Ours alone. */
  watchers: 200,
  watchersOfUser: 20,
  watcherBytes: 256 * 1024,
  /** ms until a watcher who takes nothing is cut off, between signs of life, between looks at its rights and its sight. */
  watcherStallMs: 10_000,
  watcherBeatMs: 15_000,
  watcherCheckMs: 500,
  watcherSightMs: 60_000,
  /** Sessions of browsers and links to begin one, ms; links and sign-outs remembered; attempts of one address. AWS: 12 hours. */
  consoleSessionMs: 12 * 3_600_000,
  consoleLinkMs: 5 * 60_000,
  consoleLinks: 10_000,
  consoleSignOuts: 10_000,
  consoleSignIns: { burst: 10, perSecond: 0.1 },
  /** Held jobs that `GET /api/held` shows. Ours alone. */
  heldJobsShown: 1_000,
  /** Share identifiers with live jobs in one queue. AWS: 500. */
  activeShares: 500,
  /** Jobs at the front of a queue that GetJobQueueSnapshot shows. AWS: 100. */
  frontOfQueue: 100,
  /** A page of an unfiltered ListJobs. AWS: 1000. */
  listJobsPageSize: 1000,
  /** Children of an array. AWS: 2…10,000. */
  arraySizeMin: 2,
  arraySizeMax: 10_000,
  /** The most that configuration may raise the array size to. Ours alone. */
  arraySizeCeiling: 1_000_000,
  /** Characters of a name. AWS: 128. */
  nameLength: 128,
  /** Characters of the reason in CancelJob or TerminateJob. AWS: 1024. */
  reasonLength: 1024,
  /** Characters that are kept of a container's reason. AWS: 255. */
  containerReasonLength: 255,
  /** Tags of a resource, characters of a key and of a value. AWS: 50, 128, 256. */
  tags: 50,
  tagKeyLength: 128,
  tagValueLength: 256,
  /** AWS: 9999. */
  schedulingPriority: 9999,
  retryAttempts: 10,
  /** Extra attempts that an operator may grant a job because its host was lost. Ours alone. */
  lostHostRetries: 100,
  evaluateOnExitEntries: 5,
  evaluateOnExitLength: 512,
  dependencies: 20,
  /** The most that configuration may raise the number of dependencies to. Ours alone. */
  dependenciesCeiling: 1000,
  /** Job queues and compute environments in an account. AWS: 50 each. */
  jobQueues: 50,
  computeEnvironments: 50,
  computeEnvironmentsPerQueue: 3,
  /**
   * Service environments in an account and in a queue; capacity limits of a service environment and
   * of a quota share. AWS: 50, 1, 5.
   */
  serviceEnvironments: 50,
  serviceEnvironmentsPerQueue: 1,
  capacityLimits: 5,
  /** Quota shares of a queue. AWS: 20. */
  quotaShares: 20,
  /** Scheduling policies in an account. Ours alone: AWS publishes no figure. */
  schedulingPolicies: 500,
  /** Entries of a fair-share policy, and its longest decay time. AWS: 500, one week. */
  shareDistributionEntries: 500,
  shareDecaySeconds: 604_800,
  /** Consumable resources of an account. AWS: 50,000. */
  consumableResources: 50_000,
  /** How long a clientToken of UpdateConsumableResource is remembered, ms. AWS: 8 hours. */
  updateTokenMs: 8 * 3600 * 1000,
  /**
   * Client tokens remembered for one consumable resource. The oldest are dropped first. Ours alone.
   */
  updateTokens: 1000,
  /** The payload of a service job, bytes. AWS: 10 KiB. */
  servicePayloadBytes: 10 * 1024,
  /** Ids in one CancelJobs, TerminateJobs, TerminateServiceJobs. AWS: 50. */
  bulkIds: 50,
  /**
   * Bytes of one log event. CloudWatch Logs: 1 MB; the awslogs driver cuts at 256 KB, and so do we.
   */
  logLineBytes: 256 * 1024,
  /** Bytes and events of one GetLogEvents page. AWS: 1 MB, 10,000. */
  logPageBytes: 1_048_576,
  logPageEvents: 10_000,
  /** Bytes that CloudWatch Logs counts for an event in addition to its message. */
  logEventOverheadBytes: 26,
  /** Events and bytes of one PutLogEvents, and the time they span, ms. AWS: the same. */
  logPutEvents: 10_000,
  logPutBytes: 1_048_576,
  logPutSpanMs: 86_400_000,
  /** How old and how new an event of PutLogEvents may be, ms. AWS: 14 days, 2 hours. */
  logPutOldMs: 14 * 86_400_000,
  logPutNewMs: 7_200_000,
  /** Calls of PutLogEvents that wait for others to the same stream. Ours alone. */
  logPutsWaiting: 16,
  /**
   * Log groups that requests made, in all and of one user; streams of one user that requests made,
   * and their bytes on disk. AWS: 1,000,000 groups, and no other limit.
   */
  logGroups: 2000,
  logGroupsOfUser: 200,
  logStreamsOfUser: 10_000,
  logBytesOfUser: 2 * 1024 * 1_048_576,
  /** A page of DescribeLogStreams and DescribeLogGroups. AWS: 50. */
  logDescribePage: 50,
  /** Streams named in one FilterLogEvents. AWS: 100. */
  logFilterStreams: 100,
  /** Characters of a filter pattern, and regular expressions in one. AWS: 1024, 2. */
  logFilterPatternLength: 1024,
  logFilterPatternRegexes: 2,
  /**
   * Reads of one kind (searches, large pages): how many run at once, how many wait in all, and how
   * many wait for one user. Ours alone.
   */
  longReadsAtOnce: 2,
  longReadsWaiting: 1000,
  longReadsWaitingOfUser: 250,
  /**
   * Bytes of log that one FilterLogEvents call reads before it answers with what it found. Ours
   * alone.
   */
  logFilterScanBytes: 16 * 1_048_576,
  /** Streams that one retention step deletes. Ours alone. */
  logStreamsDeletedAtOnce: 1000,
  /** Log files that are open for writing at once. Ours alone. */
  logOpenFiles: 256,
  /**
   * How long a repeated call with the same `amz-sdk-invocation-id` gets the first answer, ms. Ours
   * alone.
   */
  repeatedCallMs: 24 * 3600 * 1000,
  /**
   * Commands that may wait in the loop. Beyond this, a request is answered with 429. Ours alone.
   */
  queuedCommands: 50_000,
  /** Outbox events held in memory for one sink, and deleted in one step. Ours alone. */
  eventsReadAhead: 256,
  eventsDeletedAtOnce: 1000,
  /** Records of old jobs that one step examines or deletes. Ours alone. */
  jobsDeletedAtOnce: 500,
  /** Live jobs (SUBMITTED to RUNNING). AWS: 1,000,000 in SUBMITTED. */
  liveJobs: 1_000_000,
  /**
   * Bytes of JSON of all job definitions and of one user's definitions (on disk), and of unfinished
   * jobs (in memory). Ours alone.
   */
  jobDefinitionsBytes: { all: 1024 * 1_048_576, ofUser: 256 * 1_048_576 },
  liveJobsBytes: { all: 1024 * 1_048_576, ofUser: 768 * 1_048_576 },
  /** Bytes of recently used job definitions that stay in memory. Ours alone. */
  definitionsKeptBytes: 16 * 1_048_576,
  /** Calls recorded for one user within `repeatedCallMs`. Ours alone. */
  repeatedCallsOfUser: 500_000,
  /**
   * Revisions of one name that DescribeJobDefinitions returns, and that one step deletes. Ours
   * alone.
   */
  revisionsDescribed: 100,
  revisionsDeletedAtOnce: 500,
  /**
   * Secrets in an account, bytes of a value, characters of a name. AWS: 500,000, 64 KiB, 512 (1011
   * for a parameter).
   */
  secrets: 1000,
  secretBytes: 64 * 1024,
  secretNameLength: 1011,
  /** Users, groups, roles and policies of an account. AWS: 5000, 300, 1000, 1500. */
  users: 5000,
  groups: 300,
  roles: 1000,
  managedPolicies: 1500,
  /** Policy documents that are kept parsed. Ours alone. */
  policiesKeptParsed: 2_000,
  /** Access keys of a user, groups of a user, policies attached to one of them, versions of a policy. AWS: 2, 10, 10, 5. */
  accessKeysOfUser: 2,
  groupsOfUser: 10,
  attachedPolicies: 10,
  policyVersions: 5,
  /** Characters of policy documents, white space not counted: a managed one, all inline ones of a holder. AWS: the same. */
  managedPolicySize: 6144,
  inlinePoliciesSize: { user: 2048, group: 5120, role: 10_240 },
  /** The same of who may assume a role. AWS: 2048, 4096 on request. */
  trustPolicySize: 4096,
  /** Characters of a document as it is sent. AWS: 131,072. */
  policyDocumentLength: 131_072,
  /** Characters of names, paths and descriptions. AWS: the same. */
  userNameLength: 64,
  groupNameLength: 128,
  roleNameLength: 64,
  policyNameLength: 128,
  identityPathLength: 512,
  identityDescriptionLength: 1000,
  /** Documents of one policy simulation. Ours alone. */
  simulatedPolicies: 20,
  /** A page of IAM's lists where the caller does not say, and at most. AWS: the same. */
  iamPage: 100,
  iamPageMax: 1000,
  /** Characters of a password for the console. AWS: 8 (6 in a policy of its own) to 128. */
  passwordLengthMin: 8,
  passwordLengthMax: 128,
  /** How long a session lasts, seconds: the least, the most, and where the caller does not say. AWS: 900, 43,200, 3600. */
  sessionSecondsMin: 900,
  sessionSecondsMax: 43_200,
  sessionSeconds: 3600,
  /**
   * How long the credentials of a job last, seconds: before its SDK asks for new ones, and at most
   * where it cannot ask. They end with the attempt in any case. AWS: 6 hours; none.
   */
  jobCredentialsSeconds: 6 * 3600,
  jobCredentialsSecondsMax: 14 * 24 * 3600,
  /** Characters of the name of a role's session. AWS: 2 to 64. */
  roleSessionNameLength: 64,
  /** Sessions whose token is kept open between two looks at the identities. Ours alone. */
  sessionsKeptOpen: 1000,
  /**
   * Processes and threads of a container. More than programs need, and too few
   * to exhaust the ids of a machine. Ours alone: AWS sets none.
   */
  pidsOfContainer: 16_384,
  /**
   * The uids of process jobs under accounts of their own. Distributions and containers give out
   * lower ones. Ours alone.
   */
  firstUidOfJobs: 1_900_000_000,
  uidsOfJobs: 65_536,
  ...objectLimits,
  /** Bytes of an extended attribute, and kinds of errors of them that are logged. Linux: 64 KB. Ours alone. */
  attributeBytes: 65_536,
  attributeReasons: 20,
  /** Variables that the operator gives to jobs, and characters of a value: they are held for every container. Ours alone. */
  operatorVariables: 100,
  operatorVariableLength: 4096,
  /** GiB of scratch space that a job may ask for. Ours alone. */
  scratchGib: 100_000,
  /**
   * MiB of free disk below which the space of an ended attempt is given out again only once it was
   * seen to be free. Ours alone.
   */
  scratchTightMib: 16_384,
  /** MiB of a disk that stay free, or a twentieth of it if that is less. Ours alone. */
  scratchKeepFreeMib: 1024,
  /** Files and directories of an attempt that are looked at for its use of the disk, and their depth. Ours alone. */
  diskMeterEntries: 20_000,
  diskMeterDepth: 64,
  /** Time for one look at an attempt's use of the disk, ms. Ours alone. */
  diskMeterWalkMs: 2_000,
  /** Ended attempts that wait for a last look, and the time that the report of an end waits for it, ms. Ours alone. */
  diskMeterWaiting: 1_000,
  diskMeterLastMs: 2_500,
  /** An attempt that ran shorter is not looked at when it ends, ms. Ours alone. */
  diskMeterLeastMs: 1000,
  /** Entries of a map of host paths or of file systems. Ours alone. */
  hostPathEntries: 1000,
  /** Entries of the configuration that map images, and registries with credentials. Ours alone. */
  imageRewrites: 1000,
  imageRegistries: 1000,
  /**
   * Tries of a pull, and the least and most ms between two of them. ECS's agent: 5 tries, 1100 to
   * 5000 ms.
   */
  imagePullTries: 5,
  imagePullTriesMax: 100,
  imagePullBackoffMs: { least: 1100, most: 5000 },
  /** Ms without news after which a pull is given up. ECS_IMAGE_PULL_INACTIVITY_TIMEOUT: 60,000. */
  imagePullIdleMs: 10 * 60_000,
  /** Images of an engine that are remembered, and that `GET /api/images` shows. Ours alone. */
  imagesRecorded: 10_000,
  imagesShown: 1000,
  /** Images that one look of a clean-up, and one `POST /api/images/prune`, remove at most; ms for one removal. Ours alone. */
  imagesRemovedAtOnce: 100,
  imagesPrunedAtOnce: 5,
  imageRemovalMs: 240_000,
  /** Ms that `POST /api/images/pull` waits for the end of the pull before it answers. Ours alone. */
  imagePullAnswerMs: 10_000,
  /** Images that are pulled at once because somebody asked for it. Ours alone. */
  imagePullsAsked: 100,
  /** Bytes that are read in a second for the entity tags of files that others wrote. Ours alone. */
  etagBytesPerSecond: 64 * 1_048_576,
  /**
   * The supplied `aws` command: paths at which containers have it, bytes of a path, ms for the list of
   * Node's libraries, and bytes of an ELF file that are searched for its loader's name. Ours alone.
   */
  suppliedAwsPaths: 1024,
  suppliedAwsPathBytes: 1024,
  suppliedAwsListMs: 10_000,
  elfHeaderBytes: 4096,
  /** MiB that the command may take of what stays free of a disk. It takes 130. Ours alone. */
  suppliedAwsMib: 204,
} as const
