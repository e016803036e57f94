/** Log configuration and secrets; https://docs.aws.amazon.com/batch/latest/userguide/using_awslogs.html */
import type { Complaint } from '../../model/complaint.ts'
import type { LogConfiguration, Secret } from '../../model/generated/batch.ts'

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

/** The agent reads secrets as the execution role, whether for the container or for its log driver. */
export function checkSecrets(
  container: { readonly secrets?: readonly Secret[]; readonly logConfiguration?: LogConfiguration },
  executionRoleArn: string | undefined,
): Complaint {
  const used = container.secrets?.length || container.logConfiguration?.secretOptions?.length
  return used && !executionRoleArn ? 'executionRoleArn cannot be empty when using secrets or secretOptions' : undefined
}
