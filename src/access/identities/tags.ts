/**
 * Tags of users, roles and policies.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
 */
import { limits } from '../../model/limits.ts'
import { checkTags, type Tag } from './check.ts'
import { acceptRecord, type Decision } from './decision.ts'
import type { ManagedPolicy, Role, User } from './entities.ts'
import { quotaExceeded } from './iam-refusal.ts'

type Tagged = User | Role | ManagedPolicy

export function tagRecord(tags: readonly Tag[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}

/** Replaces a key that exists in another case, and takes the new case. */
export function tagEntity<E extends Tagged>(entity: E, tags: readonly Tag[]): Decision<E> {
  const refused = checkTags(tags)
  if (refused) return refused
  const kept = withoutKeys(
    entity.tags,
    tags.map(({ key }) => key),
  )
  const next = { ...kept, ...tagRecord(tags) }
  if (Object.keys(next).length > limits.tags) return quotaExceeded(`TagsPer${quotaNames[entity.kind]}`, limits.tags)
  return acceptRecord({ ...entity, tags: next })
}

/** Ignores keys that do not exist. */
export function untagEntity<E extends Tagged>(entity: E, keys: readonly string[]): Decision<E> {
  return acceptRecord({ ...entity, tags: withoutKeys(entity.tags, keys) })
}

const quotaNames = { user: 'User', role: 'Role', policy: 'Policy' } as const

function withoutKeys(tags: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> {
  const gone = new Set(keys.map((key) => key.toLowerCase()))
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key.toLowerCase())))
}
