/**
 * What policies may ask of the containers of a definition or a submission: the condition keys `batch:…`.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html#awsbatch-policy-keys
 */
import type {
  ContainerProperties,
  EcsProperties,
  EksContainer,
  EksPodProperties,
  EksPodPropertiesOverride,
  EksProperties,
  LogConfiguration,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
  TaskContainerProperties,
} from '../../model/generated/batch.ts'

/** By condition key, as AWS writes it. */
type Values = Readonly<Record<string, readonly string[]>>

/**
 * One set for each container, in the order of the request: each has to be allowed. Takes any
 * request of the right shape.
 */
export function definitionConditionValues(request: RegisterJobDefinitionRequest): readonly Values[] {
  const { containerProperties, ecsProperties, eksProperties, nodeProperties } = request
  return [
    ...(containerProperties ? [ofContainer(containerProperties)] : []),
    ...ofTask(ecsProperties),
    ...ofPod(eksProperties),
    ...(nodeProperties?.nodeRangeProperties ?? []).flatMap((range) => [
      ...(range.container ? [ofContainer(range.container)] : []),
      ...ofTask(range.ecsProperties),
      ...ofPod(range.eksProperties),
    ]),
  ]
}

/** One set for each image, or else the namespace, that an override of a pod gives. One without, if none does. */
export function submissionConditionValues(request: SubmitJobRequest): readonly Values[] {
  const { shareIdentifier, eksPropertiesOverride, nodeOverrides } = request
  const pods = [
    eksPropertiesOverride?.podProperties,
    ...(nodeOverrides?.nodePropertyOverrides ?? []).map((it) => it.eksPropertiesOverride?.podProperties),
  ]
  const share = one('batch:ShareIdentifier', shareIdentifier)
  const sets = pods.flatMap((pod) => ofPodOverride(pod ?? {}))
  return sets.length === 0 ? [share] : sets.map((each) => ({ ...share, ...each }))
}

function ofPodOverride({ initContainers = [], containers = [], metadata }: EksPodPropertiesOverride): Values[] {
  const namespace = one('batch:EKSNamespace', metadata?.namespace)
  const images = [...initContainers, ...containers].filter(({ image }) => image !== undefined)
  if (images.length > 0) return images.map(({ image }) => ({ ...one('batch:EKSImage', image), ...namespace }))
  return metadata?.namespace === undefined ? [] : [namespace]
}

function ofTask(task: EcsProperties | undefined): Values[] {
  return (task?.taskProperties ?? []).flatMap(({ containers }) => containers.map(ofContainer))
}

function ofContainer(container: ContainerProperties | TaskContainerProperties): Values {
  const { image, privileged = false, user, logConfiguration } = container
  return {
    ...one('batch:Image', image),
    ...one('batch:Privileged', privileged),
    ...one('batch:User', user),
    ...ofLogs(logConfiguration),
  }
}

function ofLogs({ logDriver, options = {} }: Partial<LogConfiguration> = {}): Values {
  return {
    ...one('batch:LogDriver', logDriver),
    ...one('batch:AWSLogsCreateGroup', options['awslogs-create-group']),
    ...one('batch:AWSLogsGroup', options['awslogs-group']),
    ...one('batch:AWSLogsRegion', options['awslogs-region']),
    ...one('batch:AWSLogsStreamPrefix', options['awslogs-stream-prefix']),
  }
}

function ofPod(properties: EksProperties | undefined): Values[] {
  const pod = properties?.podProperties ?? {}
  return [...(pod.initContainers ?? []), ...(pod.containers ?? [])].map((container) => ofPodContainer(container, pod))
}

function ofPodContainer({ image, securityContext = {} }: EksContainer, pod: EksPodProperties): Values {
  const { privileged = false, runAsUser, runAsGroup } = securityContext
  return {
    ...one('batch:EKSImage', image),
    ...one('batch:EKSPrivileged', privileged),
    ...one('batch:EKSRunAsUser', runAsUser),
    ...one('batch:EKSRunAsGroup', runAsGroup),
    ...one('batch:EKSServiceAccountName', pod.serviceAccountName),
    ...one('batch:EKSNamespace', pod.metadata?.namespace),
  }
}

function one(key: string, value: string | number | boolean | undefined): Values {
  return value === undefined ? {} : { [key]: [String(value)] }
}
