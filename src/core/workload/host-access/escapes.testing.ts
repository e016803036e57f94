/** Ways by which a job definition reaches the host, each with the member that is refused for it. */
import type { EcsTaskProperties, EksContainer, EksPodProperties } from '../../../model/generated/batch.ts'
import type { ContainerMembers } from './container.ts'
import type { WorkloadMembers } from './host-access.ts'

export type Escape = readonly [title: string, member: string, workload: WorkloadMembers]

type Container = NonNullable<WorkloadMembers['containerProperties']>

export const ofContainer = (container: Container): WorkloadMembers => ({ containerProperties: container })
/** A volume of a path of the host, mounted for a user who is not root. */
export const ofPath = (sourcePath: string, rest: Container = {}): WorkloadMembers =>
  ofContainer({
    user: '1000',
    volumes: [{ name: 'v', host: { sourcePath } }],
    mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
    ...rest,
  })
const ofTask = (task: Partial<EcsTaskProperties>, container: ContainerMembers = {}): WorkloadMembers => ({
  ecsProperties: { taskProperties: [{ containers: [{ image: 'x' }, { image: 'x', ...container }], ...task }] },
})
export const ofPod = (pod: EksPodProperties): WorkloadMembers => ({ eksProperties: { podProperties: pod } })
const ofPodContainer = (container: Partial<EksContainer>, pod: EksPodProperties = {}): WorkloadMembers =>
  ofPod({ containers: [{ image: 'x', ...container }], ...pod })
const hostPath = (path: string) => ({ volumes: [{ name: 'v', hostPath: { path } }] })

const path = 'containerProperties.volumes[0].host.sourcePath'
/** None is allowed, whatever the allow-list `/data` and `/data/shared` (read-only) covers. */
const paths: readonly (readonly [title: string, sourcePath: string])[] = [
  ['the root of the host', '/'],
  ['the root, by several slashes', '///'],
  ['the root, by a dot', '/.'],
  ['the settings of the host', '/etc'],
  ['the settings of the host, by several slashes', '//etc//'],
  ['the password file', '/etc/shadow'],
  ['the home of root', '/root'],
  ['the homes of others', '/home'],
  ['the parent of what is allowed, by ..', '/data/..'],
  ['a sibling of what is allowed, by ..', '/data/../etc'],
  ['what is allowed, by a way out and in again', '/data/../data'],
  ['a name that begins like what is allowed', '/database'],
  ['/proc', '/proc'],
  ['the root of the first process', '/proc/1/root'],
  ['a path by the root of the first process', '/proc/1/root/data'],
  ['the directory of the server', '/proc/self/cwd'],
  ['a descriptor of the engine', '/proc/self/fd/3'],
  ['a thread of the engine', '/proc/thread-self/root'],
  ['the kernel’s settings', '/proc/sys/kernel'],
  ['/sys', '/sys'],
  ['the cgroups', '/sys/fs/cgroup'],
  ['/dev', '/dev'],
  ['a disk', '/dev/sda'],
  ['a disk, by its descriptor directory', '/dev/fd/3'],
  ['shared memory of the host', '/dev/shm'],
  ['the socket of Docker', '/var/run/docker.sock'],
  ['the socket of Docker, at its real place', '/run/docker.sock'],
  ['the socket of Docker, by slashes and dots', '/var//run/./docker.sock/'],
  ['the socket of Docker, by ..', '/var/lib/../run/docker.sock'],
  ['the socket of containerd', '/run/containerd/containerd.sock'],
  ['the socket of Podman', '/run/podman/podman.sock'],
  ['the socket of systemd', '/run/systemd/private'],
  ['what holds the sockets', '/run'],
  ['what holds the sockets, by the old name', '/var/run'],
  ['what contains /var/run', '/var'],
  ['the files of all containers', '/var/lib/docker/overlay2'],
  ['the image of another', '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs'],
  ['the secrets of pods', '/var/lib/kubelet/pods'],
  ['the data directory of the server', '/var/lib/openbatch'],
  ['a relative path, which the engine takes for a volume of its own', 'volume-of-others'],
  ['a relative path by .', './data'],
  ['a relative path by ..', '../../etc'],
  ['a path behind a blank', ' /data'],
  ['a zero byte', '/data\0/../etc'],
  ['a line break', '/data\n'],
  ['a path too long', `/data/${'x'.repeat(4096)}`],
  ['a directory below scratch space', '/docker_scratch/others'],
  ['what scratch space is on', '/docker_scratch/..'],
  ['scratch space by two slashes', '//docker_scratch'],
]

const device = (hostDevice: string): WorkloadMembers =>
  ofContainer({ linuxParameters: { devices: [{ hostPath: hostDevice }] } })
const tmpfs = (...mountOptions: string[]): WorkloadMembers =>
  ofContainer({ linuxParameters: { tmpfs: [{ containerPath: '/t', size: 1, mountOptions }] } })
const user = (name: string | undefined): WorkloadMembers =>
  ofPath('/data', name === undefined ? { user: '' } : { user: name })
const deviceMember = 'containerProperties.linuxParameters.devices[0].hostPath'
const option = 'containerProperties.linuxParameters.tmpfs[0].mountOptions'
const userMember = 'containerProperties.user'
const logs = 'containerProperties.logConfiguration'
const secondContainer = 'ecsProperties.taskProperties[0].containers[1]'
const pod = 'eksProperties.podProperties'

export const escapes: readonly Escape[] = [
  ...paths.map(([title, sourcePath]): Escape => [title, path, ofPath(sourcePath)]),
  ['all rights of the host', 'containerProperties.privileged', ofContainer({ privileged: true })],
  ['a path for reading, mounted for writing', 'containerProperties.mountPoints[0].readOnly', ofPath('/data/shared')],
  ['below a path for reading', 'containerProperties.mountPoints[0].readOnly', ofPath('/data/shared/ada/')],
  ['root on a host path', userMember, user('root')],
  ['root on a host path, by number', userMember, user('0')],
  ['root on a host path, by several zeros', userMember, user('000')],
  ['the group of root on a host path', userMember, user('1000:0')],
  ['a number too large for a user', userMember, user('42949672960')],
  ['a negative number for a user', userMember, user('-1')],
  ['a name that the image may give to root', userMember, user('ada')],
  ['the image’s own user on a host path', userMember, user(undefined)],
  ['a disk as a device', deviceMember, device('/dev/sda')],
  ['the memory of the host as a device', deviceMember, device('/dev/mem')],
  ['a device by ..', deviceMember, device('/dev/fuse/../mem')],
  ['a device by a process', deviceMember, device('/proc/1/root/dev/mem')],
  ['a device by a relative path', deviceMember, device('dev/mem')],
  ['a directory of devices', deviceMember, device('/dev')],
  ['a tmpfs with devices', `${option}[0]`, tmpfs('dev')],
  ['a tmpfs with setuid programs', `${option}[1]`, tmpfs('rw', 'suid')],
  ['a tmpfs that is a bind mount', `${option}[0]`, tmpfs('rbind')],
  ['a tmpfs that is shared with the host', `${option}[0]`, tmpfs('rshared')],
  ['an option hidden behind a comma', `${option}[0]`, tmpfs('rw,dev')],
  [
    'real-time priority',
    'containerProperties.ulimits[0].name',
    ofContainer({ ulimits: [{ name: 'rtprio', softLimit: 99, hardLimit: 99 }] }),
  ],
  [
    'a priority above all others',
    'containerProperties.ulimits[0].name',
    ofContainer({ ulimits: [{ name: 'RLIMIT_NICE', softLimit: 40, hardLimit: 40 }] }),
  ],
  [
    'a file system of others (EFS)',
    'containerProperties.volumes[0].efsVolumeConfiguration',
    ofContainer({ volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] }),
  ],
  [
    'a bucket as a file system (S3 Files)',
    'containerProperties.volumes[0].s3filesVolumeConfiguration',
    ofContainer({ volumes: [{ name: 'v', s3filesVolumeConfiguration: { fileSystemArn: 'arn:aws:s3files:x' } }] }),
  ],
  [
    'a variable of this server',
    'containerProperties.environment[0].name',
    ofContainer({ environment: [{ name: 'OPENBATCH_DATA_DIR', value: '/data' }] }),
  ],
  [
    'a variable of this server, in lower case',
    'containerProperties.environment[0].name',
    ofContainer({ environment: [{ name: 'openbatch_config', value: '/data' }] }),
  ],
  [
    'a variable of AWS Batch from a secret',
    'containerProperties.secrets[0].name',
    ofContainer({ secrets: [{ name: 'AWS_BATCH_JOB_ID', valueFrom: 'x' }] }),
  ],
  ['the journal of the host', `${logs}.logDriver`, ofContainer({ logConfiguration: { logDriver: 'journald' } })],
  ['the log of the host', `${logs}.logDriver`, ofContainer({ logConfiguration: { logDriver: 'syslog' } })],
  [
    'a socket of the host as a log',
    `${logs}.options.fluentd-address`,
    ofContainer({
      logConfiguration: { logDriver: 'fluentd', options: { 'fluentd-address': 'unix:///run/docker.sock' } },
    }),
  ],
  [
    'the logs of others, by the stream',
    `${logs}.options.awslogs-stream-prefix`,
    ofContainer({ logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-stream-prefix': '../others' } } }),
  ],
  [
    'the logs of others, by the group',
    `${logs}.options.awslogs-group`,
    ofContainer({ logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/aws/../../etc' } } }),
  ],
  [
    'the address of a log from a secret',
    `${logs}.secretOptions[0].name`,
    ofContainer({
      logConfiguration: { logDriver: 'fluentd', secretOptions: [{ name: 'fluentd-address', valueFrom: 'x' }] },
    }),
  ],
  ['the processes of the host', 'ecsProperties.taskProperties[0].pidMode', ofTask({ pidMode: 'host' })],
  ['the memory of the host', 'ecsProperties.taskProperties[0].ipcMode', ofTask({ ipcMode: 'host' })],
  ['a privileged second container of a task', `${secondContainer}.privileged`, ofTask({}, { privileged: true })],
  [
    'a host path of a task',
    'ecsProperties.taskProperties[0].volumes[0].host.sourcePath',
    ofTask({ volumes: [{ name: 'v', host: { sourcePath: '/etc' } }] }),
  ],
  [
    'root on a host path, in the second container of a task',
    `${secondContainer}.user`,
    ofTask(
      { volumes: [{ name: 'v', host: { sourcePath: '/data' } }] },
      { mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] },
    ),
  ],
  [
    'a device of a task',
    `${secondContainer}.linuxParameters.devices[0].hostPath`,
    ofTask({}, { linuxParameters: { devices: [{ hostPath: '/dev/kvm' }] } }),
  ],
  ['the network of the host', `${pod}.hostNetwork`, ofPod({ hostNetwork: true })],
  ['the processes of a pod', `${pod}.shareProcessNamespace`, ofPod({ shareProcessNamespace: true })],
  [
    'a privileged container of a pod',
    `${pod}.containers[0].securityContext.privileged`,
    ofPodContainer({ securityContext: { privileged: true } }),
  ],
  [
    'a privileged init container',
    `${pod}.initContainers[0].securityContext.privileged`,
    ofPod({ initContainers: [{ image: 'x', securityContext: { privileged: true } }] }),
  ],
  [
    'rights gained by running',
    `${pod}.containers[0].securityContext.allowPrivilegeEscalation`,
    ofPodContainer({ securityContext: { allowPrivilegeEscalation: true } }),
  ],
  ['a host path of a pod', `${pod}.volumes[0].hostPath.path`, ofPod(hostPath('/run/containerd/containerd.sock'))],
  ['a host path of a pod, by ..', `${pod}.volumes[0].hostPath.path`, ofPod(hostPath('/data/../etc'))],
  [
    'root on a host path of a pod',
    `${pod}.containers[0].securityContext.runAsUser`,
    ofPodContainer({ volumeMounts: [{ name: 'v' }], securityContext: { runAsUser: 0 } }, hostPath('/data')),
  ],
  [
    'the image’s own user on a host path of a pod',
    `${pod}.containers[0].securityContext.runAsUser`,
    ofPodContainer({ volumeMounts: [{ name: 'v' }] }, hostPath('/data')),
  ],
  [
    'the group of root on a host path of a pod',
    `${pod}.containers[0].securityContext.runAsUser`,
    ofPodContainer(
      { volumeMounts: [{ name: 'v' }], securityContext: { runAsUser: 1000, runAsGroup: 0 } },
      hostPath('/data'),
    ),
  ],
  [
    'a path for reading, mounted for writing in a pod',
    `${pod}.containers[0].volumeMounts[0].readOnly`,
    ofPodContainer({ volumeMounts: [{ name: 'v' }], securityContext: { runAsUser: 1000 } }, hostPath('/data/shared')),
  ],
  [
    'a variable of this server in a pod',
    `${pod}.containers[0].env[0].name`,
    ofPodContainer({ env: [{ name: 'OPENBATCH_CONFIG', value: 'x' }] }),
  ],
  [
    'a privileged container of a node',
    'nodeProperties.nodeRangeProperties[1].container.privileged',
    ofNodes({ container: { privileged: true } }),
  ],
  [
    'a host path of a task of a node',
    'nodeProperties.nodeRangeProperties[1].ecsProperties.taskProperties[0].volumes[0].host.sourcePath',
    ofNodes(ofTask({ volumes: [{ name: 'v', host: { sourcePath: '/' } }] })),
  ],
  [
    'the network of the host for a pod of a node',
    'nodeProperties.nodeRangeProperties[1].eksProperties.podProperties.hostNetwork',
    ofNodes(ofPod({ hostNetwork: true })),
  ],
]

function ofNodes(range: object): WorkloadMembers {
  const ranges = [{ targetNodes: '0' }, { targetNodes: '1', ...range }]
  return { nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties: ranges } }
}
