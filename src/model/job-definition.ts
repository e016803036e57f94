/** A registered revision of a job definition. */
import type { JobDefinition as JobDefinitionShape } from './generated/batch.ts'
import type { TimeMs } from './time.ts'

export interface JobDefinition {
  readonly name: string
  readonly revision: number
  readonly status: 'ACTIVE' | 'INACTIVE'
  readonly registeredAtMs: TimeMs
  readonly owner: string
  /** As DescribeJobDefinitions shows it, but for `status` and `tags`, which change. */
  readonly shape: JobDefinitionShape
  readonly tags: Readonly<Record<string, string>>
}

/** All revisions of one name. */
export interface JobDefinitionFamily {
  /** Keeps rising, also after a revision was deregistered. */
  lastRevision: number
  readonly revisions: Map<number, JobDefinition>
}

/** The newest ACTIVE revision, what a reference without revision means. */
export function newestActive(family: JobDefinitionFamily): JobDefinition | undefined {
  for (let revision = family.lastRevision; revision > 0; revision--) {
    const definition = family.revisions.get(revision)
    if (definition?.status === 'ACTIVE') return definition
  }
  return undefined
}
