/** Job definitions for Fargate that are refused (docs/aws §1.8). */

import { amount, memory, onEc2, onFargate, refused, vcpu } from './definition-requests.ts'
import { own, type Row } from './row.ts'

export const fargateRows: Row[] = [
  refused(
    'a GPU on Fargate',
    'GPU is not applicable for Fargate.',
    onFargate({ resourceRequirements: [vcpu('1'), memory('2048'), amount('GPU', '1')] }),
  ),
  refused(
    'vCPUs in the old way on Fargate',
    'vcpus is not applicable for Fargate. Use resource requirements instead.',
    onFargate({ vcpus: 1 }),
  ),
  refused(
    'a size Fargate does not have',
    'Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid.',
    onFargate({ resourceRequirements: [vcpu('2'), memory('1024')] }),
  ),
  refused(
    'a network configuration on EC2',
    'networkConfiguration not applicable for EC2.',
    onEc2({ networkConfiguration: { assignPublicIp: 'ENABLED' } }),
  ),
  refused(
    'a platform version on EC2',
    'fargatePlatformConfiguration not applicable for EC2.',
    onEc2({ fargatePlatformConfiguration: { platformVersion: 'LATEST' } }),
  ),
  refused(
    'a runtime platform on EC2',
    'runtimePlatform is not applicable for EC2.',
    onEc2({ runtimePlatform: { cpuArchitecture: 'ARM64' } }),
  ),
  refused(
    'ulimits on Fargate',
    'ulimits is not applicable for Fargate.',
    onFargate({ ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: 2048 }] }),
  ),
  refused(
    'swap on Fargate',
    'linuxParameter.maxSwap is not allowed for Fargate.',
    onFargate({ linuxParameters: { maxSwap: 64 } }),
  ),
  refused(
    'swappiness on Fargate',
    'linuxParameter.swappiness is not allowed for Fargate.',
    onFargate({ linuxParameters: { swappiness: 60 } }),
  ),
  refused(
    'shared memory on Fargate',
    'linuxParameter.sharedMemorySize is not allowed for Fargate.',
    onFargate({ linuxParameters: { sharedMemorySize: 64 } }),
  ),
  refused(
    'a tmpfs on Fargate',
    'linuxParameter.tmpfs is not allowed for Fargate.',
    onFargate({ linuxParameters: { tmpfs: [{ containerPath: '/fast', size: 64 }] } }),
  ),
  refused(
    'a device on Fargate',
    'linuxParameter.devices is not allowed for Fargate.',
    onFargate({ linuxParameters: { devices: [{ hostPath: '/dev/fuse' }] } }),
  ),
  refused(
    'a host path on Fargate',
    'host.sourcePath should not be set for volumes in Fargate.',
    onFargate({ volumes: [{ name: 'data', host: { sourcePath: '/data' } }] }),
  ),
  refused(
    'a log driver Fargate does not have',
    'Log driver for Fargate is not valid: syslog',
    onFargate({ logConfiguration: { logDriver: 'syslog' } }),
  ),
  refused(
    'too little ephemeral storage',
    'Ephemeral storage for Fargate tasks can be only between range 21 GiB to 200 GiB',
    onFargate({ ephemeralStorage: { sizeInGiB: 20 } }),
  ),
  refused(
    'EFS on an old platform',
    'EFS is supported for Fargate platform versions 1.4.0 or later, provided 1.3.0',
    onFargate({
      volumes: [{ name: 'data', efsVolumeConfiguration: { fileSystemId: 'fs-12345678' } }],
      fargatePlatformConfiguration: { platformVersion: '1.3.0' },
    }),
  ),
  refused(
    'an operating system Fargate does not have',
    'RuntimePlatform supports only one from [WINDOWS_SERVER_2019_CORE, WINDOWS_SERVER_2019_FULL, WINDOWS_SERVER_2022_CORE, WINDOWS_SERVER_2022_FULL, LINUX] operating systems, provided PLAN9',
    onFargate({ runtimePlatform: { operatingSystemFamily: 'PLAN9' } }),
  ),
  refused(
    'Windows on ARM',
    'Windows supported only by X86_64 cpuArchitecture',
    onFargate({
      runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE', cpuArchitecture: 'ARM64' },
    }),
  ),
  refused(
    'half a vCPU for Windows',
    'vCPU must be at least 1 for Windows Job definition, got 0.5.',
    onFargate({
      resourceRequirements: [vcpu('0.5'), memory('1024')],
      runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' },
    }),
  ),
  refused(
    'no execution role on Fargate',
    'executionRoleArn is required for Fargate.',
    onFargate({ executionRoleArn: '' }),
    own,
  ),
]
