/** Log configuration and secrets; https://docs.aws.amazon.com/batch/latest/userguide/using_awslogs.html */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { KeyValuePair, LogConfiguration, Secret } from '../../../model/generated/batch.ts'
import { checkEnvironment } from './environment-variables.ts'

const awslogsOptions: ReadonlySet<string> = new Set([
  'awslogs-group',
  'awslogs-region',
  'awslogs-stream-prefix',
  'awslogs-datetime-format',
  'awslogs-multiline-pattern',
  'awslogs-create-group',
])

export function checkLogConfiguration(configuration: LogConfiguration | undefined): Complaint {
  if (configuration?.logDriver !== 'awslogs') return undefined
  const refused = Object.keys(configuration.options ?? {}).filter((option) => !awslogsOptions.has(option))
  return refused.length > 0 ? `Log driver awslogs disallows options: ${refused.join(', ')}` : undefined
}

interface WithSecrets {
  readonly environment?: readonly KeyValuePair[]
  readonly secrets?: readonly Secret[]
  readonly logConfiguration?: LogConfiguration
}

/** The agent reads secrets as the execution role, both for the container and for its log driver. */
export function checkSecrets(container: WithSecrets, executionRoleArn: string | undefined): Complaint {
  const { environment, logConfiguration, secrets } = container
  const used = secrets?.length || logConfiguration?.secretOptions?.length
  if (used && !executionRoleArn) return 'executionRoleArn cannot be empty when using secrets or secretOptions'
  return checkEnvironment(secrets, 'secrets') ?? checkNotShared(secrets, environment)
}

/**
 * ECS does not register such a task, and does not run one that an override makes so. The text is
 * ECS's.
 */
export function checkNotShared(
  secrets: readonly Secret[] | undefined,
  environment: readonly KeyValuePair[] | undefined,
): Complaint {
  const taken = new Set(environment?.map(({ name }) => name))
  return firstComplaint(secrets, ({ name }) => {
    if (taken.has(name)) {
      return `The secret name must be unique and not shared with any new or existing environment variables set on the container, such as '${name}'.`
    }
    taken.add(name)
    return undefined
  })
}
