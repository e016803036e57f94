/** What the SDK's schemas omit, or describe differently from the service's behaviour. */
import type { Member, Service, Structure } from './read-sdk.ts'

/**
 * "The values aren't case sensitive", says the API reference of evaluateOnExit, and answers come in
 * lower case.
 */
const caseInsensitiveEnums = new Set(['RetryAction', 'ServiceJobRetryAction'])

/** Values that AWS does not have. The operator decides whether they are accepted. */
const beyondAws: Readonly<Record<string, readonly string[]>> = { ArrayJobDependency: ['AFTER_ANY'] }

/** The values that an enum's members may hold, in a stable order. */
export function enumValues(service: Service, name: string): string[] {
  const values = [...service.enums.get(name)!, ...(beyondAws[name] ?? [])]
  if (!caseInsensitiveEnums.has(name)) return values
  return values.flatMap((value) => [value, value.toLowerCase(), value.charAt(0) + value.slice(1).toLowerCase()])
}

type Limits = Readonly<Record<string, unknown>>

const tagMap: Limits = {
  maxProperties: 50,
  propertyNames: { minLength: 1, maxLength: 128 },
  additionalProperties: { type: 'string', maxLength: 256 },
}

/**
 * The few lengths and ranges of the service model itself (ClientRequestToken, ImageIdOverride,
 * ImageType, JobExecutionTimeoutMinutes, KubernetesVersion, Quantity, TagKey, TagKeysList,
 * TagValue, TagrisTagsMap), which the SDK drops. Every other limit is documented in prose only, and
 * is checked where it belongs. These limits bind answers too.
 */
export function limitsOf(service: Service, structure: Structure, member: Member): Limits {
  if (service.name !== 'batch') return {}
  switch (`${structure.name}.${member.name}`) {
    case 'Ec2Configuration.imageIdOverride':
    case 'Ec2Configuration.imageType':
    case 'Ec2Configuration.imageKubernetesVersion':
    case 'EksEmptyDir.sizeLimit':
      return { minLength: 1, maxLength: 256 }
    case 'EksContainerResourceRequirements.limits':
    case 'EksContainerResourceRequirements.requests':
      return { additionalProperties: { type: 'string', minLength: 1, maxLength: 256 } }
    case 'ComputeResource.tags':
    case 'ComputeResourceUpdate.tags':
      // Tags of EC2 instances have another type, without limits.
      return {}
    case 'UpdatePolicy.jobExecutionTimeoutMinutes':
      return { $ref: undefined, type: 'integer', minimum: 1, maximum: 7200 }
    case 'UntagResourceRequest.tagKeys':
      return { minItems: 1, maxItems: 50, items: { type: 'string', minLength: 1, maxLength: 128 } }
    default:
  }
  if (member.name === 'clientToken') return { minLength: 1, maxLength: 64 }
  if (member.name === 'tags' && member.shape.kind === 'map') return tagMap
  return {}
}
