/**
 * The members of a scenario. Resources are maps by name, so that a variant can change one of them.
 */
import { type Static, type TSchema, Type } from 'typebox'
import type { Rules } from '../src/core/state/state.ts'
import { limits } from '../src/model/limits.ts'
import { DistributionSchema } from './distribution.ts'

const strict = { additionalProperties: false } as const
const resourceName = '^[A-Za-z0-9_-]{1,128}$'
const positive = (description: string) => Type.Number({ description, exclusiveMinimum: 0 })
const atLeast0 = (description: string, initial?: number) =>
  Type.Number({ description, minimum: 0, ...(initial === undefined ? {} : { default: initial }) })
const byName = <T extends TSchema>(schema: T, initial?: Record<string, never>) =>
  Type.Record(Type.String({ pattern: resourceName }), schema, {
    additionalProperties: false,
    ...(initial ? { default: initial } : { minProperties: 1 }),
  })

const tags = Type.Record(Type.String(), Type.String(), {
  description: 'for what openbatch reads from tags, as openbatch:maxConcurrent',
  default: {},
})

const HostsSchema = Type.Object(
  {
    count: Type.Integer({ description: 'hosts of this kind', minimum: 1, maximum: 100_000, default: 1 }),
    vcpus: positive('vCPUs of each'),
    memoryMib: positive('memory of each, MiB'),
    gpus: Type.Integer({ description: 'GPUs of each', minimum: 0, default: 0 }),
    driver: Type.String({ description: 'driver that offers them', pattern: resourceName, default: 'simulated' }),
    mtbfHours: Type.Optional(positive('mean time between failures of one host; they never fail without it')),
    repairMinutes: Type.Number({ description: 'until a host that failed is back', exclusiveMinimum: 0, default: 60 }),
  },
  strict,
)

const ComputeEnvironmentSchema = Type.Object(
  {
    type: Type.String({ enum: ['EC2', 'SPOT', 'FARGATE', 'FARGATE_SPOT'], default: 'EC2' }),
    maxvCpus: Type.Optional(Type.Integer({ description: "all of its driver's without it", minimum: 1 })),
    bidPercentage: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    driver: Type.String({ description: 'driver whose hosts it uses', pattern: resourceName, default: 'simulated' }),
    tags,
  },
  strict,
)

const JobQueueSchema = Type.Object(
  {
    priority: Type.Integer({ minimum: 0, default: 1 }),
    computeEnvironments: Type.Array(Type.String(), { description: 'in the order they are tried', minItems: 1 }),
    schedulingPolicy: Type.Optional(Type.String({ description: 'FIFO without it' })),
    tags,
    fairnessBy: Type.Optional(
      Type.String({
        description: 'the policy whose weights the share error is measured by, where the queue itself goes by none',
      }),
    ),
  },
  strict,
)

const SchedulingPolicySchema = Type.Object(
  {
    shareDecaySeconds: atLeast0('as AWS has it', 0),
    computeReservation: atLeast0('as AWS has it', 0),
    shareDistribution: Type.Record(Type.String(), Type.Number({ exclusiveMinimum: 0 }), {
      description: 'share identifier, or its beginning and *, → weightFactor; less weight, more capacity',
      default: {},
    }),
  },
  strict,
)

const StreamSchema = Type.Object(
  {
    name: Type.String({ description: 'and name of its jobs', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$' }),
    jobQueue: Type.String(),
    owner: Type.String({ description: 'who submits them', minLength: 1, default: 'simulation' }),
    tags,
    perHour: Type.Optional(
      Type.Union(
        [Type.Number({ minimum: 0 }), Type.Array(Type.Number({ minimum: 0 }), { minItems: 24, maxItems: 24 })],
        { description: 'submissions an hour: a number, or 24 of them by the hour of the day' },
      ),
    ),
    atSeconds: Type.Optional(
      Type.Array(Type.Number({ minimum: 0 }), { description: 'a submission at each of these times instead' }),
    ),
    trace: Type.Optional(
      Type.String({ description: 'a file in the Standard Workload Format instead, beside the scenario' }),
    ),
    fromHour: atLeast0('of the simulation', 0),
    toHour: Type.Optional(positive('of the simulation')),
    maxSubmissions: Type.Optional(Type.Integer({ description: 'it ends after so many', minimum: 1 })),
    vcpus: Type.Optional(DistributionSchema),
    memoryMib: Type.Optional(DistributionSchema),
    memoryMibPerVcpu: Type.Optional(positive('instead of memoryMib; of a trace, where it does not say')),
    gpus: Type.Optional(DistributionSchema),
    durationSeconds: Type.Optional(DistributionSchema),
    arraySize: Type.Optional(DistributionSchema),
    chain: Type.Integer({
      description: 'jobs of one submission, each of which waits for the one before',
      minimum: 1,
      maximum: 1000,
      default: 1,
    }),
    shareIdentifier: Type.Optional(
      Type.String({ description: 'of a trace also `user` or `group`: by that field of it', pattern: resourceName }),
    ),
    schedulingPriority: Type.Optional(Type.Integer({ minimum: 0, maximum: 9999 })),
    attempts: Type.Integer({ description: 'of the retry strategy', minimum: 1, maximum: 10, default: 1 }),
    timeoutSeconds: Type.Optional(Type.Integer({ description: 'of an attempt', minimum: 60 })),
    failureProbability: Type.Number({
      description: 'that an attempt ends with exit code 1',
      minimum: 0,
      maximum: 1,
      default: 0,
    }),
  },
  strict,
)

/** Nothing of a host is simulated, and no memory. */
type NotSimulated =
  | ('hostAccess' | 'hostPaths' | 'hostPathsOfDrivers' | 'fileSystems' | 'assumedScratchMib')
  | ('jobDefinitionBytes' | 'liveJobBytes')

const rules = {
  arraySizeMax: Type.Optional(Type.Integer({ minimum: limits.arraySizeMin, maximum: limits.arraySizeCeiling })),
  dependenciesMax: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.dependenciesCeiling })),
  afterAny: Type.Optional(Type.Boolean()),
  backfill: Type.Optional(Type.Boolean()),
  runningPerUser: Type.Optional(Type.Integer({ minimum: 1 })),
  lostHostRetries: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.lostHostRetries })),
} satisfies Record<Exclude<keyof Rules, NotSimulated>, TSchema>

export const ScenarioSchema = Type.Object(
  {
    description: Type.String({ default: '' }),
    seed: Type.Integer({ description: 'another seed, another day of the same kind', default: 1 }),
    hours: positive('window in which jobs are submitted, and in which utilisation is measured'),
    warmUpHours: atLeast0('at the beginning of the window, left out of the figures', 0),
    drainHours: Type.Number({
      description: 'the simulation goes on after the window until all jobs have ended, but no longer than this',
      minimum: 0,
      default: 720,
    }),
    startSeconds: Type.Optional(DistributionSchema),
    stopGraceSeconds: atLeast0('between the request to stop and the end of what does not end by itself', 30),
    lostGraceSeconds: atLeast0("until the attempts of a failed host count as lost. The server's setting is 30", 30),
    hosts: byName(HostsSchema),
    computeEnvironments: byName(ComputeEnvironmentSchema),
    schedulingPolicies: byName(SchedulingPolicySchema, {}),
    jobQueues: byName(JobQueueSchema),
    rules: Type.Object(rules, {
      description: 'where an operator goes beyond AWS: the settings of the core of the same names',
      ...strict,
      default: {},
    }),
    arrivals: Type.Array(StreamSchema, { minItems: 1, maxItems: 1000 }),
    prices: Type.Object(
      {
        onDemandVcpuHour: atLeast0('price of a vCPU-hour on EC2 and FARGATE', 0),
        spotVcpuHour: atLeast0('price of a vCPU-hour on SPOT and FARGATE_SPOT', 0),
      },
      { ...strict, default: {} },
    ),
  },
  strict,
)

export type ScenarioFields = Static<typeof ScenarioSchema>
export type HostKind = Static<typeof HostsSchema>
export type ComputeEnvironment = Static<typeof ComputeEnvironmentSchema>
export type JobQueue = Static<typeof JobQueueSchema>
export type SchedulingPolicy = Static<typeof SchedulingPolicySchema>
export type Stream = Static<typeof StreamSchema>
