import { describe, expect, test } from 'vitest'
import type {
  EksContainer,
  EksContainerOverride,
  EksContainerResourceRequirements,
  EksPodProperties,
  EksPodPropertiesOverride,
} from '../../../model/generated/batch.ts'
import { refuse, refuseWrapped } from '../../../model/refusal.ts'
import { workloadOf } from '../../../model/workload.testing.ts'
import { eksQueue, fargateQueue, register, request, resolved, submit } from '../../submission/resolve.testing.ts'
import { overridesOfAnotherKind } from '../bare-texts.ts'

const small: EksContainerResourceRequirements = { limits: { cpu: '1', memory: '512Mi' } }
const main: EksContainer = {
  name: 'main',
  image: 'align:1',
  command: ['align', 'Ref::sample'],
  args: ['--out=Ref::sample'],
  env: [{ name: 'LAB', value: 'doe' }],
  resources: small,
}
const side: EksContainer = { name: 'side', image: 'side', resources: { requests: { cpu: '0.5', memory: '128Mi' } } }
const init: EksContainer = { name: 'init', image: 'fetch', args: ['Ref::sample'] }

function pod(members: Partial<EksPodProperties> = {}) {
  return register({
    parameters: { sample: 's1' },
    eksProperties: { podProperties: { containers: [main, side], initContainers: [init], ...members } },
  })
}

const overriding = (podProperties: EksPodPropertiesOverride) => request({ eksPropertiesOverride: { podProperties } })
const changing = (override: EksContainerOverride) => overriding({ containers: [override] })

describe('resolved', () => {
  test('as registered: parameters are put into command and args, and not into the environment', () => {
    const { spec } = resolved(pod({ metadata: { labels: { lab: 'doe' } } }), request())
    expect(spec.resources).toEqual({ vcpus: 1.5, memoryMib: 640, gpus: 0 })
    expect(workloadOf(spec, 'pod').properties.podProperties).toEqual({
      metadata: { labels: { lab: 'doe' } },
      imagePullSecrets: [],
      volumes: [],
      containers: [
        { ...main, command: ['align', 's1'], args: ['--out=s1'], volumeMounts: [] },
        { ...side, command: [], args: [], env: [], volumeMounts: [] },
      ],
      initContainers: [{ ...init, command: [], args: ['s1'], env: [], volumeMounts: [] }],
    })
  })

  test('an override changes only its container', () => {
    const { spec } = resolved(
      pod({ metadata: { labels: { lab: 'doe' }, annotations: { a: '1' }, namespace: 'lab' } }),
      overriding({
        containers: [
          {
            name: 'main',
            image: 'align:2',
            command: ['realign'],
            args: ['Ref::sample'],
            env: [
              { name: 'LAB', value: 'roe' },
              { name: 'X', value: '1' },
            ],
            resources: { limits: { cpu: '2', 'nvidia.com/gpu': '1' } },
          },
        ],
        initContainers: [{ name: 'init', args: ['other'] }],
        metadata: { labels: { lab: 'roe', run: '7' } },
      }),
    )
    expect(workloadOf(spec, 'pod').properties.podProperties).toMatchObject({
      metadata: { labels: { lab: 'roe', run: '7' }, annotations: { a: '1' }, namespace: 'lab' },
      containers: [
        {
          name: 'main',
          image: 'align:2',
          command: ['realign'],
          args: ['s1'],
          env: [
            { name: 'LAB', value: 'roe' },
            { name: 'X', value: '1' },
          ],
          resources: { limits: { cpu: '2', memory: '512Mi', 'nvidia.com/gpu': '1' } },
        },
        { ...side, command: [] },
      ],
      initContainers: [{ name: 'init', args: ['other'] }],
    })
    expect(spec.resources).toEqual({ vcpus: 2.5, memoryMib: 640, gpus: 1 })
  })

  test('a single container need not be named, and is called Default', () => {
    const { name: _, ...unnamed } = main
    const alone = pod({ containers: [unnamed], initContainers: [] })
    for (const override of [{ image: 'other' }, { name: 'Default', image: 'other' }])
      expect(
        workloadOf(resolved(alone, changing(override)).spec, 'pod').properties.podProperties?.containers?.[0]?.image,
      ).toBe('other')
    expect(submit(pod(), changing({ image: 'other' }))).toEqual(
      refuseWrapped(
        'eksPropertiesOverride.podProperties.containers[0].name is required, as there are several containers.',
      ),
    )
  })

  const both = (cpu: string, memory: string) => ({ limits: { cpu, memory }, requests: { cpu, memory } })
  test.each<[string, EksContainerResourceRequirements, EksContainerResourceRequirements, object]>([
    ['a limit alone', { limits: { memory: '1024Mi' } }, small, { limits: { cpu: '1', memory: '1024Mi' } }],
    [
      'a request where there was a limit',
      { requests: { memory: '1024Mi' } },
      small,
      { limits: { cpu: '1', memory: '1024Mi' }, requests: { memory: '1024Mi' } },
    ],
    [
      'memory in one of two places: both follow',
      { limits: { memory: '1024Mi' } },
      both('1', '512Mi'),
      both('1', '1024Mi'),
    ],
    [
      'a limit of CPU above what is requested',
      { limits: { cpu: '4' } },
      both('1', '512Mi'),
      { limits: { cpu: '4', memory: '512Mi' }, requests: { cpu: '1', memory: '512Mi' } },
    ],
    ['a limit of CPU below what is requested', { limits: { cpu: '0.5' } }, both('1', '512Mi'), both('0.5', '512Mi')],
    ['a request of CPU above the limit', { requests: { cpu: '2' } }, both('1', '512Mi'), both('2', '512Mi')],
  ])('resources: %s', (_what, override, registered, expected) => {
    const definition = pod({ containers: [{ ...main, resources: registered }] })
    const { spec } = resolved(definition, changing({ name: 'main', resources: override }))
    expect(workloadOf(spec, 'pod').properties.podProperties?.containers?.[0]?.resources).toEqual(expected)
  })

  test('on EC2 and EKS queues, not on Fargate queues', () => {
    expect(resolved(pod(), request(), eksQueue).spec).toEqual(resolved(pod(), request()).spec)
    expect(submit(pod(), request(), fargateQueue)).toEqual(
      refuseWrapped('Job Queue is attached to Compute Environment that can not run Jobs with capability EKS.'),
    )
  })

  test('with harmless members kept and shown', () => {
    const harmless: EksPodProperties = {
      serviceAccountName: 'default',
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
      shareProcessNamespace: false,
      imagePullSecrets: [],
      metadata: { labels: { lab: 'doe' }, annotations: { a: 'b' }, namespace: 'lab' },
      volumes: [
        { name: 'scratch', emptyDir: { medium: '', sizeLimit: '1Gi' } },
        { name: 'data', hostPath: { path: '/data' } },
      ],
      containers: [
        {
          ...main,
          imagePullPolicy: 'IfNotPresent',
          volumeMounts: [{ name: 'data', mountPath: '/data', subPath: '' }],
          securityContext: { runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true, allowPrivilegeEscalation: false },
        },
        { ...side, image: `side@sha256:${'a'.repeat(64)}`, imagePullPolicy: 'Always' },
      ],
    }
    expect(workloadOf(resolved(pod(harmless), request()).spec, 'pod').properties.podProperties).toMatchObject({
      ...harmless,
      containers: [{ securityContext: harmless.containers![0]!.securityContext }, { imagePullPolicy: 'Always' }],
    })
  })
})

describe('refused', () => {
  const member = 'eksPropertiesOverride.podProperties'
  test.each([
    [`${member}.containers[0].name sort must reference a container of the job definition.`, changing({ name: 'sort' })],
    [
      `${member}.initContainers[0].name main must reference a container of the job definition.`,
      overriding({ initContainers: [{ name: 'main' }] }),
    ],
    ["Image should match a valid pattern, got 'two words'.", changing({ name: 'main', image: 'two words' })],
    [
      'Environment variable AWS_BATCH_X is not valid. Environment variables cannot start with AWS_BATCH.',
      changing({ name: 'main', env: [{ name: 'AWS_BATCH_X' }] }),
    ],
    [
      'Value 250m for type cpu in resources is not valid.',
      changing({ name: 'main', resources: { limits: { cpu: '250m' } } }),
    ],
    ['propagateTags is not applicable for eksProperties.', request({ propagateTags: true })],
  ])('%s', (text, submitted) => {
    expect(submit(pod(), submitted)).toEqual(refuseWrapped(text))
  })

  test.each([
    ['Command cannot be empty', changing({ name: 'main', command: [''] })],
    [overridesOfAnotherKind, request({ containerOverrides: { command: ['true'] } })],
    [overridesOfAnotherKind, request({ nodeOverrides: { numNodes: 2 } })],
  ])('without the wrapping: %s', (text, submitted) => {
    expect(submit(pod(), submitted)).toEqual(refuse(text))
  })

  test('a parameter that only args name, and nobody set', () => {
    expect(submit(pod({ containers: [{ ...main, args: ['Ref::out'] }] }), request())).toEqual(
      refuseWrapped('Unable to substitute value. No parameter found for reference out'),
    )
  })

  const where = 'eksProperties.podProperties'
  const container = (members: Partial<EksContainer>): Partial<EksPodProperties> => ({
    volumes: [{ name: 'data' }],
    containers: [side, { ...main, ...members }],
  })
  test.each<[string, Partial<EksPodProperties>]>([
    [`${where}.serviceAccountName lab`, { serviceAccountName: 'lab' }],
    [`${where}.imagePullSecrets`, { imagePullSecrets: [{ name: 'registry' }] }],
    [`${where}.shareProcessNamespace`, { shareProcessNamespace: true }],
    [`${where}.volumes[1].secret`, { volumes: [{ name: 'a' }, { name: 'b', secret: { secretName: 's' } }] }],
    [
      `${where}.volumes[0].persistentVolumeClaim`,
      { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'c' } }] },
    ],
    [`${where}.volumes[0].emptyDir.medium Memory`, { volumes: [{ name: 'a', emptyDir: { medium: 'Memory' } }] }],
    [
      `${where}.containers[1].volumeMounts[0].subPath`,
      container({ volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'sub' }] }),
    ],
    [`${where}.containers[1].imagePullPolicy Always`, container({ imagePullPolicy: 'Always' })],
    [`${where}.containers[1].imagePullPolicy Never`, container({ imagePullPolicy: 'Never' })],
    [
      `${where}.containers[1].securityContext.runAsGroup without runAsUser`,
      container({ securityContext: { runAsGroup: 1000 } }),
    ],
    [
      `${where}.containers[1].securityContext.runAsNonRoot without runAsUser`,
      container({ securityContext: { runAsNonRoot: true } }),
    ],
    [`${where}.initContainers[0].imagePullPolicy Never`, { initContainers: [{ ...init, imagePullPolicy: 'Never' }] }],
  ])('%s is not supported by openbatch', (what, members) => {
    expect(submit(pod(members), request())).toMatchObject({
      kind: 'refusal',
      code: 'ClientException',
      message: expect.stringContaining(`Exception : ${what} is not supported by openbatch: `),
    })
  })

  test('a root user where runAsNonRoot is set', () => {
    const definition = pod(container({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }))
    expect(submit(definition, request())).toEqual(
      refuseWrapped(`${where}.containers[1].securityContext.runAsNonRoot and runAsUser 0 contradict each other.`),
    )
  })
})
