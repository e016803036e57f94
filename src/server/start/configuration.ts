/**
 * One YAML file, `OPENBATCH_*` variables over it, command line options over both. Everything is
 * checked at start, and every problem is listed at once.
 */
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { type Static, type TObject, type TSchema, Type } from 'typebox'
import { parse } from 'yaml'
import { defaultChoice, driverKinds } from '../../drivers/catalogue.ts'
import type { DriverKind } from '../../drivers/driver-kind.ts'
import { limits } from '../../model/limits.ts'
import { scratchTag } from '../../model/scratch.ts'
import { EventsSchema, problemsOfEvents } from '../events/settings.ts'
import { MetricsSchema, problemsOfMetrics } from '../metrics-settings.ts'
import { ConsoleSchema, problemsOfConsole } from './console-settings.ts'
import { type DriverSettings, driversSchema, namedKinds, variablePart } from './driver-settings.ts'
import { HostAccessSchema, problemsOfHostAccess } from './host-access-settings.ts'
import { FileSystemsSchema, HostPathsSchema, problemsOfPlaces } from './host-path-settings.ts'
import { ImagesSchema, problemsOfImages } from './images-settings.ts'
import { jobEnvironmentSettings, problemsOfJobEnvironment } from './job-environment-settings.ts'
import { ObjectsSchema, problemsOfObjects } from './objects-settings.ts'
import { RequestsSchema } from './request-settings.ts'
import { allowPlainHttp, problemsOfTls, TlsSchema } from './tls-settings.ts'

const positive = (description: string, initial?: number) =>
  Type.Number({ description, exclusiveMinimum: 0, ...(initial === undefined ? {} : { default: initial }) })
const strict = { additionalProperties: false, default: {} } as const

/** Everything but the drivers, whose kinds define their settings. */
const SettingsSchema = Type.Object(
  {
    account: Type.String({
      description: 'account number in ARNs; ARNs of other accounts are not found',
      pattern: '^[0-9]{12}$',
      default: '123456789012',
    }),
    region: Type.String({ description: 'region in ARNs', pattern: '^[a-z0-9-]+$', default: 'us-west-2' }),
    host: Type.String({ description: 'address to listen on', minLength: 1, default: '127.0.0.1' }),
    port: Type.Integer({
      description: 'port to listen on; 0 takes a free one',
      minimum: 0,
      maximum: 65535,
      default: 8642,
    }),
    tls: TlsSchema,
    allowPlainHttp,
    driver: Type.Optional(
      Type.String({
        description: `name of the driver of compute environments without the tag openbatch:driver; without it ${defaultChoice()}`,
      }),
    ),
    logLevel: Type.String({
      description: "level of the server's own log, on standard error",
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
      default: 'info',
    }),
    jobDefinitions: Type.Object(
      {
        maxMib: positive('MiB that all job definitions may take on disk, deregistered ones too', 1024),
        maxMibPerUser: positive('the same for one user', 256),
      },
      strict,
    ),
    jobs: Type.Object(
      {
        stopGraceSeconds: Type.Number({
          description: 'seconds between SIGTERM and SIGKILL. AWS: 30',
          minimum: 0,
          default: 30,
        }),
        lostGraceSeconds: positive(
          'seconds a healthy engine must deny knowing an attempt before it counts as lost',
          30,
        ),
        lostHostRetries: Type.Integer({
          description:
            'extra attempts for a job whose host was lost (by a reboot, or a killed engine or shim), whatever its retry strategy says. AWS: 0',
          minimum: 0,
          maximum: limits.lostHostRetries,
          default: 0,
        }),
        orphanGraceSeconds: positive('seconds before an attempt that belongs to no job is removed', 600),
        maxLiveMib: Type.Optional(
          positive(
            'MiB of JSON that all unfinished jobs may take together; a quarter of the heap if unset. AWS counts jobs, not bytes',
          ),
        ),
        maxLiveMibPerUser: Type.Optional(positive('the same for one user; three quarters of jobs.maxLiveMib if unset')),
        maxArraySize: Type.Integer({
          description: 'children an array job may have. AWS: 10,000',
          minimum: limits.arraySizeMin,
          maximum: limits.arraySizeCeiling,
          default: limits.arraySizeMax,
        }),
        maxDependencies: Type.Integer({
          description: 'jobs that a job may depend on. AWS: 20',
          minimum: 0,
          maximum: limits.dependenciesCeiling,
          default: limits.dependencies,
        }),
        afterAnyDependencies: Type.Boolean({
          description:
            'whether dependencies may have the type AFTER_ANY, which any end of the job satisfies; AWS has no such type',
          default: false,
        }),
        scratch: Type.Object(
          {
            directory: Type.Optional(
              Type.String({
                description:
                  'absolute path of a directory, on a disk for jobs, in which their directories are made; in the data directory if unset',
                pattern: '^/',
              }),
            ),
            keepFreeGiB: Type.Optional(
              Type.Number({
                description:
                  'GiB of the disk that stay free: no job starts that would need them; if unset 1, or a twentieth of the disk if that is less',
                minimum: 0,
              }),
            ),
            assumedGiB: Type.Number({
              description: `GiB that a job which does not say (tag ${scratchTag}) is expected to write on the disk`,
              minimum: 0,
              maximum: limits.scratchGib,
              default: 0.1,
            }),
          },
          strict,
        ),
        ...jobEnvironmentSettings,
        // At least a day, because the call that submitted a job may be repeated that long, and is
        // answered with the job.
        retentionDays: Type.Optional(
          Type.Number({
            description: 'days after its end that a job is kept; for ever if unset. AWS: 7',
            minimum: 1,
          }),
        ),
      },
      strict,
    ),
    scheduling: Type.Object(
      {
        backfill: Type.Boolean({
          description: 'whether jobs may overtake the waiting head of their queue if that does not delay it. AWS: no',
          default: false,
        }),
        maxRunningPerUser: Type.Optional(
          Type.Integer({ description: 'jobs of one user that run at once; no limit if unset', minimum: 1 }),
        ),
      },
      strict,
    ),
    logs: Type.Object(
      {
        maxMibPerAttempt: positive('MiB of output kept of one attempt; then the log says so', 10_240),
        retentionDays: Type.Optional(positive('days after its last line that a log is kept; for ever if unset')),
      },
      strict,
    ),
    access: Type.Object(
      {
        othersJobs: Type.String({
          description:
            'whether users know of the jobs of others; where hidden, only those with the permission openbatch:SeeJobs, see access.md',
          enum: ['visible', 'hidden'],
          default: 'visible',
        }),
      },
      strict,
    ),
    requests: RequestsSchema,
    console: ConsoleSchema,
    hostAccess: HostAccessSchema,
    hostPaths: HostPathsSchema,
    fileSystems: FileSystemsSchema,
    images: ImagesSchema,
    objects: ObjectsSchema,
    events: EventsSchema,
    metrics: MetricsSchema,
  },
  { additionalProperties: false },
)

export interface Configuration extends Static<typeof SettingsSchema> {
  /** By name: the catalogue's drivers first, then the others in the order of the file. */
  readonly drivers: Readonly<Record<string, DriverSettings>>
  /** Advice to the operator on what to write differently, a sentence each. */
  readonly notices: readonly string[]
}

/** The schema of a configuration that names these drivers. */
export function configurationSchema(named: ReadonlyMap<string, DriverKind>): TObject {
  return Type.Object({ ...SettingsSchema.properties, drivers: driversSchema(named) }, { additionalProperties: false })
}

/** Everything that is wrong, one line each. */
export class ConfigurationProblems extends Error {
  override readonly name = 'ConfigurationProblems'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** `OPENBATCH_*` variables that are read elsewhere and are not settings of this file. */
const otherVariables = ['OPENBATCH_DATA_DIR', 'OPENBATCH_CONFIG', 'OPENBATCH_FAILPOINT']
const testVariables = /^OPENBATCH_(TEST|BENCH)_/

export interface ConfigurationSources {
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** From the command line, as paths into the configuration: `port`, `drivers.docker.host`. */
  readonly options: Readonly<Record<string, unknown>>
  /** Files of TLS are looked for here. */
  readonly dataDir?: string | undefined
  /** The catalogue. */
  readonly kinds?: readonly DriverKind[]
}

export function loadConfiguration({
  file,
  env,
  options,
  dataDir,
  kinds = driverKinds,
}: ConfigurationSources): Configuration {
  const problems: string[] = []
  const settings: Record<string, unknown> = file === undefined ? {} : readFile(file, problems)
  const { named, problems: problemsOfNames, notices } = namedKinds(settings, env, kinds)
  const schema = configurationSchema(named)
  const leaves = leavesOf(schema)
  problems.push(...problemsOfNames, ...problemsOfVariables(leaves))
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('OPENBATCH_') || otherVariables.includes(variable) || testVariables.test(variable))
      continue
    const leaf = leaves.find((it) => it.variable === variable)
    if (!leaf) problems.push(`${variable}: there is no such setting`)
    else if (text !== undefined) put(settings, leaf.path, fromText(text, leaf.schema))
  }
  for (const [path, value] of Object.entries(options)) if (value !== undefined) put(settings, path.split('.'), value)

  // YAML reads an account number without quotes as a number.
  if (typeof settings.account === 'number') settings.account = String(settings.account)
  const found = problemsOfSettings(settings, schema)
  problems.push(...found)
  const { driver } = settings
  if (typeof driver === 'string' && !named.has(driver))
    problems.push(`driver: must be the name of a driver: ${[...named.keys()].join(', ')}`)
  if (found.length === 0) {
    const checked = settings as unknown as Configuration
    const { events, hostAccess, images, jobs, metrics, objects } = checked
    problems.push(...problemsOfEvents(events), ...problemsOfMetrics(metrics), ...problemsOfHostAccess(hostAccess))
    problems.push(...problemsOfTls(checked, dataDir), ...problemsOfObjects(objects, dataDir))
    problems.push(...problemsOfConsole(checked.console))
    problems.push(...problemsOfJobEnvironment(jobs), ...problemsOfPlaces(checked), ...problemsOfImages(images))
  }
  if (problems.length > 0) throw new ConfigurationProblems(problems)
  const checked = settings as unknown as Omit<Configuration, 'notices'>
  const drivers = Object.fromEntries([...named.keys()].map((name) => [name, checked.drivers[name]!]))
  return { ...checked, drivers, notices }
}

/** Fills in the defaults of missing settings, and returns the problems. */
function problemsOfSettings(settings: Record<string, unknown>, schema: TObject): string[] {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false })
  if (ajv.validate(schema, settings)) return []
  return (ajv.errors ?? []).map((error) => {
    const where = error.instancePath.slice(1).replaceAll('/', '.')
    const unknown = error.keyword === 'additionalProperties' ? ` (${error.params.additionalProperty})` : ''
    const among = error.keyword === 'enum' ? `: ${(error.params.allowedValues as unknown[]).join(', ')}` : ''
    return `${where || 'configuration'}: ${error.message}${unknown}${among}`
  })
}

/**
 * The setting `bC` of a driver `a` and the setting `c` of a driver `a-b` would share one variable.
 */
function problemsOfVariables(leaves: readonly Leaf[]): string[] {
  const paths = new Map<string, string>()
  return leaves.flatMap(({ path, variable }) => {
    const [before, own] = [paths.get(variable), path.join('.')]
    paths.set(variable, own)
    return before === undefined ? [] : [`drivers: ${before} and ${own} have the same variable ${variable}`]
  })
}

function readFile(file: string, problems: string[]): Record<string, unknown> {
  try {
    const parsed: unknown = parse(readFileSync(file, 'utf8')) ?? {}
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>
    problems.push(`${file}: must be a map of settings`)
  } catch (error) {
    problems.push(`${file}: ${(error as Error).message}`)
  }
  return {}
}

export interface Leaf {
  readonly path: readonly string[]
  /** `drivers.docker.maxConcurrentStarts` → `OPENBATCH_DRIVERS_DOCKER_MAX_CONCURRENT_STARTS`. */
  readonly variable: string
  readonly schema: TSchema & { readonly description?: string; readonly default?: unknown }
}

/** Every single setting, for variables and for docs/operate. */
export function leavesOf(schema: TSchema, path: readonly string[] = []): Leaf[] {
  const properties = (schema as { properties?: Record<string, TSchema> }).properties
  if (properties) return Object.entries(properties).flatMap(([key, value]) => leavesOf(value, [...path, key]))
  const variable = `OPENBATCH_${path.map(variablePart).join('_')}`
  return [{ path, variable, schema: schema as Leaf['schema'] }]
}

function fromText(text: string, schema: TSchema): unknown {
  const { type } = schema as { type?: string }
  if (type === 'number' || type === 'integer')
    return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'object' || type === 'array') return parsedOrAsItIs(text)
  return text
}

/**
 * Text that is not YAML stays text. The schema then reports that it is not a map or a list,
 * together with every other problem.
 */
function parsedOrAsItIs(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return text
  }
}

function put(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = into
  for (const key of path.slice(0, -1)) {
    const next = at[key]
    at[key] = typeof next === 'object' && next !== null ? next : {}
    at = at[key] as Record<string, unknown>
  }
  at[path.at(-1)!] = value
}
