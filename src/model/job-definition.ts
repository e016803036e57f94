/** A registered revision of a job definition. */
import type { JobDefinition as JobDefinitionShape } from './generated/batch.ts'
import type { TimeMs } from './time.ts'

export interface JobDefinition {
  readonly name: string
  readonly revision: number
  readonly status: 'ACTIVE' | 'INACTIVE'
  readonly registeredAtMs: TimeMs
  readonly owner: string
  /** As DescribeJobDefinitions shows it, without `status` and `tags`, which change. */
  readonly shape: JobDefinitionShape
  readonly tags: Readonly<Record<string, string>>
}
