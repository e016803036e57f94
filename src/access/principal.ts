/** Who sent a request, known once its signature has been checked. */
import { userArn } from '../model/arn.ts'
import type { NamedPolicy } from './policy/evaluate.ts'

export interface Principal {
  /** The user: of a session, the one who began it; of a job, its owner. */
  readonly name: string
  /** The path of the user, in which `/` stands for none. */
  readonly path?: string
  /**
   * The id that STS answers with: `AIDA` and 17 letters or digits. It stays the same as long as the
   * user is there.
   */
  readonly userId: string
  /** All that apply: what the principal may do is what these allow. */
  readonly policies: readonly NamedPolicy[]
  /** Of the role while one is assumed, otherwise of the user. */
  readonly tags?: Readonly<Record<string, string>>
  /** The owner, of a job without a role: the job may do with objects what its owner may. */
  readonly forObjects?: Principal
  /** How the principal signed in for a while, if so. */
  readonly session?: PrincipalSession
}

export interface PrincipalSession {
  /** The role that is played. Its policies apply, and the user's do not. */
  readonly assumedRole?: AssumedRole
  /** The attempt whose credentials these are. */
  readonly attempt?: { readonly jobId: string; readonly number: number }
}

export interface AssumedRole {
  /** `AROA` and 17 letters or digits. */
  readonly id: string
  readonly name: string
  /** `/` stands for none. */
  readonly path?: string
  readonly sessionName: string
}

/**
 * Returns what STS and refusals call the principal. A role's path is left out, as on AWS. A job
 * without a role has a name that nobody else can have, so that no policy that names a user or role
 * means it.
 */
export function principalArn(account: string, { name, path, session }: Principal): string {
  const { assumedRole: role, attempt } = session ?? {}
  if (role) return `arn:aws:sts::${account}:assumed-role/${role.name}/${role.sessionName}`
  return attempt ? `arn:aws:sts::${account}:federated-user/${jobName(attempt)}` : userArn(account, name, path)
}

/** The names that policies of resources may use for a principal. */
export interface PrincipalNames {
  /** Its own: of a user the ARN and the id; of a role that is played those of the role and of the session. */
  readonly own: readonly string[]
  /** Those of its account, which stand for everybody in it. */
  readonly account: readonly string[]
}

export function principalNames(account: string, principal: Principal): PrincipalNames {
  const { userId, session } = principal
  const role = session?.assumedRole
  const more = role
    ? [`arn:aws:iam::${account}:role${role.path ?? '/'}${role.name}`, role.id]
    : isPlainJob(principal)
      ? []
      : [userId]
  return { own: [principalArn(account, principal), ...more], account: [account, `arn:aws:iam::${account}:root`] }
}

/** Returns `aws:userid`: of a role that is played, its id and the name of the session; of a job without a role, its owner's id and its own name. */
export function principalUserId({ userId, session }: Principal): string {
  const { assumedRole: role, attempt } = session ?? {}
  if (role) return `${role.id}:${role.sessionName}`
  return attempt ? `${userId}:${jobName(attempt)}` : userId
}

/** As whom a principal acts: a job without a role acts on objects as its owner. */
export function actingIn(principal: Principal, action: string): Principal {
  return action.startsWith('s3:') ? (principal.forObjects ?? principal) : principal
}

/** Whether this is a job without a role. It is not its owner, and no policy applies to it. */
export function isPlainJob({ session }: Principal): boolean {
  return session?.attempt !== undefined && session.assumedRole === undefined
}

/** In the form of a session's name. */
function jobName({ jobId, number }: { readonly jobId: string; readonly number: number }): string {
  return `${jobId.replace(':', '.')}-${number}`
}
