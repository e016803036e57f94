/**
 * How a container gets credentials and learns about itself: the variables by which AWS's SDKs find
 * both. Where its driver's jobs can ask this server as on ECS, they hold where to ask. Elsewhere
 * they hold the credentials.
 */
import type { Logger } from 'pino'
import type { ContainerKeys } from '../../access/job-credentials/container-keys.ts'
import type { IssuesToJobs } from '../../access/job-credentials/job-credentials.ts'
import type { SecretRights } from '../../access/job-credentials/secret-rights.ts'
import { placeOf } from '../../core/job/live-container.ts'
import type { State } from '../../core/state/state.ts'
import { taskAgentAddress } from '../../drivers/driver.ts'
import { httpUrl } from '../../ground/http-url.ts'
import { parameterArn } from '../../model/arn.ts'
import { type Job, type LiveAttempt, partName } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import { secretArn } from '../../secrets/secret-arn.ts'
import type { SecretStore } from '../../secrets/secrets.ts'
import { type ContainerOfAttempt, isPod } from './attempt-spec.ts'
import { containerOfJob } from './container-of-job.ts'
import type { RefuseSecret } from './container-secrets.ts'
import type { JobDoors } from './job-doors.ts'

/** What jobs get their credentials by. */
export interface JobIdentity {
  readonly keys: ContainerKeys
  readonly credentials: IssuesToJobs
  readonly secretRights: Pick<SecretRights, 'refusal'>
}

export interface JobAccessOptions {
  readonly doors: Pick<JobDoors, 'credentialsEndpointFor' | 'endpointFor'>
  /** Whether a driver runs programs, which might ask who they are. */
  readonly runs: (driver: string) => boolean
  /** Where objects are, if they are not here. */
  readonly outside?: { readonly endpoint: string; readonly region?: string | undefined } | undefined
  /** The operator's variables for the jobs of a compute environment. */
  readonly environmentOf: (computeEnvironment: string) => Variables
  readonly secrets: Pick<SecretStore, 'look'>
  readonly state: () => State
  readonly now: () => TimeMs
  readonly log: Pick<Logger, 'warn'>
}

type Variables = Readonly<Record<string, string>>

const none: Variables = {}
/** SDKs prefer one of these to another, so a job that sets one is given none. */
const askingVariables = [
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
]
/**
 * A store outside may not know the checksums that newer SDKs send with every object, and expect.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html
 */
const checksums = {
  AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
  AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
}
/** By any of these a job says where its credentials come from. Keys in the environment win over all. */
const anyCredentials = [
  ...askingVariables,
  'AWS_ACCESS_KEY_ID',
  'AWS_CONFIG_FILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
]
const askedAtPort80 = httpUrl(taskAgentAddress, 80)

export class JobAccess {
  readonly #options: JobAccessOptions
  #identity: JobIdentity | undefined

  constructor(options: JobAccessOptions) {
    this.#options = options
  }

  /** Called once, when the identities are open. Until then no attempt starts. */
  use(identity: JobIdentity): void {
    this.#identity = identity
  }

  /**
   * The operator's variables for a container, and what it asks with. None of the latter is one that
   * the job or the operator sets.
   */
  async variablesFor(job: Job, attempt: LiveAttempt, of: ContainerOfAttempt): Promise<Variables> {
    const identity = this.#identity
    const ofOperator = this.#options.environmentOf(attempt.computeEnvironment)
    if (!identity || !this.#options.runs(attempt.driver)) return ofOperator
    const { environment = [], secrets = [] } = of.container.container
    const own = new Set([...environment, ...secrets].map(({ name }) => name ?? ''))
    for (const name of Object.keys(ofOperator)) own.add(name)
    const name = of.part ? partName(attempt.name, of.part) : attempt.name
    const endpoint = this.#options.doors.credentialsEndpointFor(attempt.driver)
    const sets = (names: readonly string[]) => names.some((it) => own.has(it))
    const credentials = () =>
      endpoint === undefined ? this.#given(identity, job, attempt, of) : whereToAsk(identity, endpoint, name)
    return {
      // The machine's own metadata are not the job's, and a request for them might hang.
      AWS_EC2_METADATA_DISABLED: 'true',
      ...this.#metadata(identity, job, attempt.driver, name),
      ...this.#objectStore(sets),
      ...(sets(endpoint === undefined ? anyCredentials : askingVariables) ? none : await credentials()),
      ...ofOperator,
    }
  }

  /** Asks whether a container may have a secret, by the ARN of the one that is meant. */
  secretRefusal(job: Job, attempt: LiveAttempt, of: ContainerOfAttempt): RefuseSecret {
    const { state, now, secrets } = this.#options
    return ({ service, names }) => {
      const identity = this.#identity
      if (!identity) return 'the policies of this server are not known'
      const place = placeOf(state(), attempt, of.part)
      const { roleArn: _ofJob, ...container } = containerOfJob({ job, attempt, container: of.container, ...place })
      const { executionRoleArn } = of.container.container
      const name = names.find((each) => secrets.look(each)) ?? names.at(-1)!
      const { account } = state()
      const wish =
        service === 'ssm'
          ? { action: 'ssm:GetParameters', resource: parameterArn(account, name) }
          : { action: 'secretsmanager:GetSecretValue', resource: secretArn(account, name) }
      const asked = { ...container, ...(executionRoleArn && { roleArn: executionRoleArn }) }
      return identity.secretRights.refusal(asked, wish, now())
    }
  }

  /** The job's own address wins for S3 too, though this one would go before it. */
  #objectStore(sets: (names: readonly string[]) => boolean): Variables {
    const { outside } = this.#options
    if (!outside) return none
    const { endpoint, region } = outside
    return {
      ...(!sets(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3']) && { AWS_ENDPOINT_URL_S3: endpoint }),
      ...checksums,
      ...(region !== undefined && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    }
  }

  /** A pod is no task of ECS. */
  #metadata({ keys }: JobIdentity, job: Job, driver: string, name: string): Variables {
    const { doors } = this.#options
    const endpoint = doors.credentialsEndpointFor(driver) ?? doors.endpointFor(driver)
    if (endpoint === undefined || isPod(job)) return none
    return { ECS_CONTAINER_METADATA_URI_V4: `${endpoint.replace(/:80$/, '')}/v4/${keys.idOf(name, 'metadata')}` }
  }

  /**
   * The credentials themselves. They outlive the attempt's time limit by the time that stopping it
   * may take, and end with the attempt in any case.
   */
  async #given(
    { credentials }: JobIdentity,
    job: Job,
    attempt: LiveAttempt,
    of: ContainerOfAttempt,
  ): Promise<Variables> {
    const { state, now, log } = this.#options
    const { timeoutSeconds = Number.POSITIVE_INFINITY } = job.spec
    const seconds = Math.min(timeoutSeconds + stoppingSeconds, limits.jobCredentialsSecondsMax)
    const container = containerOfJob({ job, attempt, container: of.container, ...placeOf(state(), attempt, of.part) })
    const made = await credentials.issue(container, seconds, now())
    if ('why' in made) {
      log.warn({ jobId: job.jobId, why: made.why }, 'a job runs without credentials')
      return none
    }
    return {
      AWS_ACCESS_KEY_ID: made.accessKeyId,
      AWS_SECRET_ACCESS_KEY: made.secretAccessKey,
      ...(made.sessionToken !== '' && { AWS_SESSION_TOKEN: made.sessionToken }),
    }
  }
}

const stoppingSeconds = 3600

/**
 * SDKs of every age ask at port 80 of the agent's address, and the path is the proof. Elsewhere
 * newer ones ask, and show a token.
 */
function whereToAsk({ keys }: JobIdentity, endpoint: string, name: string): Variables {
  if (endpoint === askedAtPort80)
    return { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${keys.idOf(name, 'credentials')}` }
  return {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/v2/credentials/${keys.idOf(name, 'credentialsWithToken')}`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: keys.tokenOf(name),
  }
}
