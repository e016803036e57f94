/**
 * Makes the credentials of a job: of the role that it names, or of a job that has none and may do
 * nothing but ask who it is. They are sealed sessions that name their attempt, so they end with it
 * (`Credentials`), and nothing is kept of them.
 */
import type { TimeMs } from '../../model/time.ts'
import type { Role, User } from '../identities/entities.ts'
import type { Identities } from '../identities/identities.ts'
import type { IdentityDirectory } from '../identities/identity-directory.ts'
import { evaluate } from '../policy/evaluate.ts'
import { trustOf } from '../policy/trust.ts'
import { issueSession, type SessionCredentials } from '../sessions/session-credentials.ts'

/** The service that roles of jobs must trust, as on AWS: Batch runs jobs as tasks of ECS. */
export const tasksService = 'ecs-tasks.amazonaws.com'

/** A container that asks for its credentials. */
export interface ContainerOfJob {
  readonly jobId: string
  readonly attempt: number
  /** The user who submitted the job, and when. */
  readonly owner: string
  readonly createdAtMs: TimeMs
  readonly taskId: string
  readonly taskArn: string
  /** Absent for a job without a role. */
  readonly roleArn?: string
}

/** Why there are no credentials, in a sentence for the job's owner. */
export interface NoCredentials {
  readonly why: string
  /** Whoever asks again may get some. */
  readonly isPassing?: boolean
}

export type MadeForJob = SessionCredentials | NoCredentials

/** Makes the credentials of jobs, of this installation or of an object store outside. */
export interface IssuesToJobs {
  issue(container: ContainerOfJob, seconds: number, now: TimeMs): MadeForJob | Promise<MadeForJob>
}

export interface JobCredentialsOptions {
  readonly account: string
  readonly directory: Pick<IdentityDirectory, 'current' | 'sealingKeys'>
}

export class JobCredentials implements IssuesToJobs {
  readonly #options: JobCredentialsOptions

  constructor(options: JobCredentialsOptions) {
    this.#options = options
  }

  /** Throws if the identities cannot be read. */
  issue(container: ContainerOfJob, seconds: number, now: TimeMs): MadeForJob {
    const { account, directory } = this.#options
    const { jobId, attempt, taskId } = container
    const parties = partiesOfJob(directory.current(), account, container)
    if ('why' in parties) return parties
    const { user, role } = parties
    return issueSession(directory.sealingKeys, {
      userId: user.id,
      ...(role && { role: { roleId: role.id, sessionName: taskId } }),
      attempt: { jobId, number: attempt },
      issuedAtMs: now,
      expiresAtMs: now + seconds * 1000,
    })
  }
}

/** The owner of the job, and the role that it names. */
export function partiesOfJob(
  known: Identities,
  account: string,
  container: ContainerOfJob,
): { readonly user: User; readonly role?: Role } | NoCredentials {
  const { owner, createdAtMs, roleArn } = container
  const user = known.named('user', owner)
  // A user who has the name of an earlier one is another.
  if (!user || user.createdAtMs > createdAtMs) return { why: `The owner of the job, ${owner}, is no user any more.` }
  if (user.disabled) return { why: `The owner of the job, ${owner}, is disabled.` }
  if (roleArn === undefined) return { user }
  const role = known.roleOfArn(account, roleArn)
  if (!role) return { why: `The role ${roleArn} of the job does not exist on this server.` }
  return trustsTasks(role, account, container) ? { user, role } : { why: notTrusting(roleArn) }
}

/** A trust policy may ask which account and which task the service acts for. */
function trustsTasks(role: Role, account: string, { taskArn }: ContainerOfJob): boolean {
  const trust = trustOf(role)
  const values = new Map([
    ['aws:sourceaccount', [account]],
    ['aws:sourcearn', [taskArn]],
  ])
  const principal = new Map([['Service' as const, [tasksService]]])
  const request = { action: 'sts:AssumeRole', resource: '*', context: values, principal }
  return trust !== undefined && evaluate([trust], request).kind === 'allowed'
}

/** The text of ECS. */
function notTrusting(roleArn: string): string {
  return `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`
}
