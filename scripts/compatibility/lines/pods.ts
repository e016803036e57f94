/**
 * Jobs that are pods: `eksProperties`. No Kubernetes runs them: containers of the environment’s
 * driver do. “process:” says where the process driver differs.
 */
import type { Lines } from '../line.ts'
import { commonSettings } from './containers.ts'

const refused = (why: string) => `refused: registered and shown; SubmitJob refuses such a definition: ${why}` as const

const container = {
  name: 'full: `Default` unless it is given',
  image: commonSettings.image,
  imagePullPolicy:
    'partial: IfNotPresent, and Always for an image named by its digest; else SubmitJob refuses: images are fetched where they are missing',
  command: 'full: takes the place of the image’s ENTRYPOINT; `$(NAME)` is replaced by the variable',
  args: 'full: takes the place of the image’s CMD; `$(NAME)` is replaced by the variable',
  env: 'full',
  resources: 'full',
  volumeMounts: 'full',
  securityContext: 'full',
} as const

const pod = {
  serviceAccountName: 'partial: `default`; else SubmitJob refuses: there are no service accounts',
  hostNetwork: 'stored: the network is that of the driver; the containers of a pod reach each other on 127.0.0.1',
  dnsPolicy: 'stored',
  imagePullSecrets: refused('private images are fetched with the credentials of the server'),
  containers: 'full: 1 to 10; one that fails does not stop the others, and fails the job when all have ended',
  initContainers: 'full: at most 10, one after the other before all others; one that fails ends the job',
  volumes: 'full',
  metadata: 'stored',
  shareProcessNamespace: 'partial: false; else SubmitJob refuses: containers do not see each other’s processes',
} as const

const ended = { exitCode: 'full', reason: 'full: at most 255 characters' } as const

export const podLines: Lines = {
  EksProperties: { podProperties: 'full' },
  EksPodProperties: pod,
  EksContainer: container,
  EksContainerEnvironmentVariable: { name: 'full', value: 'partial: `$(NAME)` is not replaced' },
  EksContainerResourceRequirements: {
    limits:
      'full: cpu in quarters, memory in Mi, nvidia.com/gpu; memory is a hard limit, what is above the request of cpu is not kept free',
    requests: 'full: what is kept free for the pod; the limit, where there is none',
  },
  EksContainerVolumeMount: {
    name: 'full',
    mountPath: 'full: process: as containerPath of a mount point',
    subPath: refused('volumes are mounted whole'),
    readOnly: 'full: process: as readOnly of a mount point',
  },
  EksContainerSecurityContext: {
    runAsUser: 'full: process: as `user` of a container',
    runAsGroup: 'partial: together with runAsUser; else SubmitJob refuses',
    privileged: commonSettings.privileged,
    allowPrivilegeEscalation:
      'full: false keeps programs from gaining rights; process: with the program setpriv, else it fails to start',
    readOnlyRootFilesystem: commonSettings.readonlyRootFilesystem,
    runAsNonRoot:
      'partial: together with a runAsUser that is not 0; else SubmitJob refuses: an image’s user is not looked up',
  },
  EksVolume: {
    name: 'full',
    hostPath: 'full',
    emptyDir: 'full: shared by the containers of the pod, gone with the attempt; so is a volume of no kind',
    secret: refused('there are no Kubernetes secrets'),
    persistentVolumeClaim: refused('there are no persistent volumes; hostPath is what there is'),
  },
  EksHostPath: { path: 'full: as sourcePath of a host volume' },
  EksEmptyDir: {
    medium: 'partial: empty; `Memory` is refused by SubmitJob: an emptyDir is on the disk',
    sizeLimit: 'stored: no limit is set',
  },
  EksPropertiesOverride: { podProperties: 'full' },
  EksPodPropertiesOverride: {
    containers: 'full: each names the container it is for, which one alone need not',
    initContainers: 'full: the same',
    metadata: 'stored: labels and annotations merged by key',
  },
  EksContainerOverride: {
    name: 'full',
    image: 'full',
    command: 'full: an empty list keeps the definition’s',
    args: 'full: an empty list keeps the definition’s',
    env: 'full: merged by name',
    resources: 'full: merged by type; where a limit and a request must agree, what is given holds for both',
  },
  EksPropertiesDetail: { podProperties: 'full: overrides merged, parameters put in' },
  EksPodPropertiesDetail: {
    ...pod,
    podName: 'partial: of the form AWS Batch gives',
    nodeName: 'partial: the id of the host',
  },
  EksContainerDetail: { ...container, ...ended },
  EksAttemptDetail: {
    containers: 'full',
    initContainers: 'full',
    eksClusterArn: 'absent',
    podName: 'partial: as in EksPodPropertiesDetail',
    podNamespace: 'absent',
    nodeName: 'partial: as in EksPodPropertiesDetail',
    startedAt: 'full',
    stoppedAt: 'full',
    statusReason: 'full',
  },
  EksAttemptContainerDetail: { name: 'full', containerID: 'absent', ...ended },
}
