/** Compute environments and job queues that are refused (docs/aws §1.7, §1.10). */
import {
  type ComputeResourceUpdate,
  CreateComputeEnvironmentCommand,
  type CreateComputeEnvironmentCommandInput,
  DeleteComputeEnvironmentCommand,
  DescribeComputeEnvironmentsCommand,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch'
import { bare, own, type Row, type RowOptions, row } from './row.ts'
import { disabled, ec2Resources, fargate, fargateResources, kept } from './setting.ts'
import { whileChanging } from './while-changing.ts'

type Request = Partial<CreateComputeEnvironmentCommandInput>
type Resources = Parameters<typeof ec2Resources>[0]

/** No row may create it. */
export const refusedEnvironment = 'refused'

function refused(what: string, text: Row['text'], request: Request, options?: RowOptions): Row {
  const input = { computeEnvironmentName: refusedEnvironment, type: 'MANAGED', ...request } as const
  return row(what, text, (batch) => batch.send(new CreateComputeEnvironmentCommand(input)), options)
}

function refusedUpdate(what: string, text: Row['text'], name: string, computeResources: ComputeResourceUpdate): Row {
  return row(what, text, (batch) =>
    batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: name, computeResources })),
  )
}

function refusedDelete(what: string, text: string, computeEnvironment: string, options: RowOptions = {}): Row {
  const command = new DeleteComputeEnvironmentCommand({ computeEnvironment })
  return row(what, text, (batch) => batch.send(command), { ...bare, ...options })
}

const ec2 = (changes: Resources): Request => ({ computeResources: ec2Resources(changes) })
const onFargate = (changes: Resources): Request => ({ computeResources: fargateResources(changes) })
const eks = (eksClusterArn: string): Request['eksConfiguration'] => ({ eksClusterArn, kubernetesNamespace: 'batch' })

function without(member: 'instanceRole' | 'minvCpus'): Request {
  const { [member]: _, ...resources } = ec2Resources()
  return { computeResources: resources }
}

const creations: Row[] = [
  refused(
    'a name with a space',
    'Compute Environment name should match a valid pattern.',
    { ...ec2({}), computeEnvironmentName: 'two words' },
    own,
  ),
  refused(
    'a name that is taken',
    'Object already exists',
    { ...ec2({}), computeEnvironmentName: kept },
    {
      ...bare,
      httpStatus: 409,
    },
  ),
  refused('DISABLED from the start', 'Compute Environment must be created in ENABLED state.', {
    ...ec2({}),
    state: 'DISABLED',
  }),
  refused('no instance role', 'Instance role is required.', without('instanceRole')),
  refused('no minvCpus', 'Resource minvCpus is required.', without('minvCpus')),
  refused('desiredvCpus on Fargate', 'desiredvCpus is not applicable for Fargate.', onFargate({ desiredvCpus: 1 })),
  refused('tags of instances on Fargate', 'tags is not applicable for Fargate.', onFargate({ tags: { lab: 'doe' } })),
  refused(
    'an instance type that is none',
    // The live service lists all types.
    /^Instance type can only be one of \[optimal, .+\]$/,
    ec2({ instanceTypes: ['optimal', 'large'] }),
  ),
  refused(
    'more desiredvCpus than maxvCpus',
    'desiredvCpus should be between minvCpus and maxvCpus.',
    ec2({ desiredvCpus: 17 }),
  ),
  refused(
    'six security groups on Fargate',
    'Fargate supports a maximum of 5 security groups.',
    onFargate({ securityGroupIds: Array.from({ length: 6 }, (_, index) => `sg-${index}`) }),
  ),
  refused(
    'seventeen subnets on Fargate',
    'Fargate supports a maximum of 16 subnets.',
    onFargate({ subnets: Array.from({ length: 17 }, (_, index) => `subnet-${index}`) }),
  ),
  refused(
    'eleven overrides of a launch template',
    'LaunchTemplate.overrides size cannot be greater than 10',
    ec2({
      launchTemplate: {
        launchTemplateId: 'lt-1',
        overrides: Array.from({ length: 11 }, () => ({ launchTemplateId: 'lt-2', targetInstanceTypes: ['c5'] })),
      },
    }),
  ),
  refused(
    'an override of a launch template for nothing',
    'LaunchTemplate.overrides.targetInstanceTypes[] is required',
    ec2({ launchTemplate: { launchTemplateId: 'lt-1', overrides: [{ launchTemplateId: 'lt-2' }] } }),
  ),
  refused(
    'an image type that is none',
    'Invalid imageType in ComputeResources.ec2Configuration',
    ec2({ ec2Configuration: [{ imageType: 'Debian' }] }),
  ),
  refused('a cluster of ECS for EKS', 'eksClusterArn must be an EKS cluster ARN.', {
    ...ec2({}),
    eksConfiguration: eks('arn:aws:ecs:us-west-2:123456789012:cluster/lab'),
  }),
  refused(
    'a version Kubernetes does not have',
    'At least one imageKubernetesVersion in EC2Configuration is not supported.',
    {
      ...ec2({ ec2Configuration: [{ imageType: 'EKS_AL2023', imageKubernetesVersion: '0.9' }] }),
      eksConfiguration: eks('arn:aws:eks:us-west-2:123456789012:cluster/lab'),
    },
  ),
  refused(
    'a bundle where the order counts',
    'Instance type bundles (e.g. optimal, default_x86_64) are not allowed for BEST_FIT_PROGRESSIVE_ORDERED allocation strategy. Specify instance families or types directly.',
    ec2({ allocationStrategy: 'BEST_FIT_PROGRESSIVE_ORDERED', instanceTypes: ['c5', 'optimal'] }),
  ),
]

const changes: Row[] = [
  refusedUpdate(
    'fewer desiredvCpus than there are',
    'Manually scaling down compute environment is not supported.  Disconnecting job queues from compute environment will cause it to scale-down to minvCpus.',
    kept,
    { minvCpus: 0, desiredvCpus: 1 },
  ),
  refusedUpdate('an instance type that is none, later', /^Instance type can only be one of \[optimal, .+\]$/, kept, {
    instanceTypes: ['huge'],
  }),
  refusedUpdate('tags of instances on Fargate, later', 'tags is not applicable for Fargate.', fargate, {
    tags: { lab: 'doe' },
  }),
  refusedDelete('the environment of a queue', 'Cannot delete, found existing JobQueue relationship', disabled),
  refusedDelete('an environment that is enabled', 'Cannot delete, state must be DISABLED', kept, own),
  row(
    'an environment being changed',
    'Cannot delete, resource is being modified',
    (batch, server) =>
      whileChanging(
        server,
        () => batch.send(new UpdateComputeEnvironmentCommand({ computeEnvironment: kept, state: 'ENABLED' })),
        () => batch.send(new DeleteComputeEnvironmentCommand({ computeEnvironment: kept })),
      ),
    bare,
  ),
  row(
    'names and a page at once',
    'ComputeEnvironments and MaxResults cannot both be set',
    (batch) => batch.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: [kept], maxResults: 1 })),
    bare,
  ),
]

export const environmentRows: readonly Row[] = [...creations, ...changes]
