/**
 * Whose jobs the caller may know of (docs/operate/access.md). Where others' jobs are hidden, a job
 * that the caller may not see, with its children, nodes and logs, is to them as if it were not there.
 */
import { RequestValues } from '../access/condition-values.ts'
import { evaluate } from '../access/policy/evaluate.ts'
import { discreetReason } from '../core/explain/discreet.ts'
import type { Explainer } from '../core/explain/explain.ts'
import { userArn } from '../model/arn.ts'
import { type Job, parseChildId, parseNodeId } from '../model/job.ts'
import { circumstancesOf } from './circumstances.ts'
import type { RequestContext } from './context.ts'

/** An action of its own, which no operation carries out. Its resource is the user whose jobs are seen. */
export const seeJobs = 'openbatch:SeeJobs'

const sights = new WeakMap<RequestContext, Sight>()

export function sightOf(context: RequestContext): Sight {
  // Where everybody sees everything there is nothing to remember.
  if (context.backend.othersJobs !== 'hidden') return new Sight(context)
  const known = sights.get(context)
  if (known) return known
  const made = new Sight(context)
  sights.set(context, made)
  return made
}

export class Sight {
  readonly #context: RequestContext
  #owners: { readonly names: readonly string[] | undefined; readonly set: ReadonlySet<string> } | undefined

  constructor(context: RequestContext) {
    this.#context = context
  }

  /** The users whose jobs the caller may know of; undefined for everybody, also for users who are gone. */
  get owners(): readonly string[] | undefined {
    return this.#found().names
  }

  /** Whether the caller may know of the jobs of this user. */
  readonly sees = (owner: string): boolean => {
    const { backend, principal } = this.#context
    if (backend.othersJobs !== 'hidden' || owner === principal.name) return true
    const { names, set } = this.#found()
    return names === undefined || set.has(owner)
  }

  /** Whether the job is there and the caller may not know of it. Children and nodes follow their job. */
  readonly hides = (jobId: string): boolean => {
    const { loop, store, othersJobs } = this.#context.backend
    if (othersJobs !== 'hidden') return false
    const id = parseChildId(jobId)?.parentId ?? parseNodeId(jobId)?.parentId ?? jobId
    const job = loop.state.jobs.get(id) ?? store.getJobs([id]).get(id)
    return job !== undefined && !this.sees(job.spec.owner)
  }

  /** Explains jobs to the caller. */
  get explainer(): Pick<Explainer, 'explain' | 'why'> {
    const { explainer } = this.#context.backend.loop
    if (this.owners === undefined) return explainer
    const why = (job: Job) => explainer.why(job).map((reason) => discreetReason(reason, this.hides))
    return { why, explain: (job) => why(job)[0] }
  }

  #found() {
    if (this.#owners) return this.#owners
    const names = this.#findOwners()
    this.#owners = { names, set: new Set(names) }
    return this.#owners
  }

  #findOwners(): readonly string[] | undefined {
    const { backend, principal } = this.#context
    if (backend.othersJobs !== 'hidden') return undefined
    const users = backend.identities
      .current()
      .list('user')
      .map(({ name }) => name)
    const seen = users.filter((name) => name === principal.name || this.#may(name))
    // Who may see the jobs of whoever there is, may see those of users who are gone too.
    if (seen.length === users.length && this.#may('*')) return undefined
    return [...new Set([principal.name, ...seen])]
  }

  #may(owner: string): boolean {
    const { principal, backend } = this.#context
    const resource = userArn(backend.account, owner)
    const facts = { owner, ownerGroups: () => groupsOf(backend, owner), tags: {} }
    const values = new RequestValues({ ...circumstancesOf(this.#context), resource: () => facts })
    return evaluate(principal.policies, { action: seeJobs, resource, context: values }).kind === 'allowed'
  }
}

/** The names of the groups that a user is in. */
export function groupsOf({ identities }: Pick<RequestContext['backend'], 'identities'>, owner: string): string[] {
  const known = identities.current()
  const user = known.named('user', owner)
  return user ? known.groupsOf(user).map(({ name }) => name) : []
}
