/**
 * Whether a container may have a secret that its definition names. As on AWS, its execution role is
 * asked. The user who submitted the job is asked where the definition has no such role.
 * https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-secrets.html
 */
import type { TimeMs } from '../../model/time.ts'
import { authorise } from '../authorise.ts'
import { RequestValues } from '../condition-values.ts'
import { namedPolicies } from '../granted-policies.ts'
import type { Principal } from '../principal.ts'
import { type ContainerOfJob, type JobCredentialsOptions, partiesOfJob } from './job-credentials.ts'

/** What is asked of the policies: `secretsmanager:GetSecretValue` on the ARN of a secret. */
export interface SecretWish {
  readonly action: string
  readonly resource: string
}

export class SecretRights {
  readonly #options: JobCredentialsOptions

  constructor(options: JobCredentialsOptions) {
    this.#options = options
  }

  /**
   * Why the container may not have it; undefined if it may. The role of `container` is its execution
   * role. Throws if the identities cannot be read.
   */
  refusal(container: ContainerOfJob, { action, resource }: SecretWish, now: TimeMs): string | undefined {
    const { account, directory } = this.#options
    const known = directory.current()
    const parties = partiesOfJob(known, account, container)
    if ('why' in parties) return parties.why
    const { user, role } = parties
    const { id, name, path, tags } = role ?? user
    const principal: Principal = {
      ...{ name: user.name, path: user.path, userId: user.id, tags },
      policies: namedPolicies(known.policiesOf(role ?? user)),
      ...(role && { session: { assumedRole: { id, name, path, sessionName: container.taskId } } }),
    }
    // The server asks for itself: there is no address of a client.
    const values = new RequestValues({
      ...{ principal, account, now, sourceIp: '127.0.0.1', secureTransport: true },
      ...{ requestTags: {}, tagKeys: [], own: {}, resource: () => undefined },
    })
    const refusal = authorise(principal, { action, resource, values }, account)
    return refusal && `AccessDeniedException: ${refusal.message}`
  }
}
