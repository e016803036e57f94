/** Jobs whose attempts have several containers: tasks of ECS, pods, and multi-node jobs. */
import type { NodeRangeProperty, TaskContainerProperties } from '@aws-sdk/client-batch'
import { cannotStart, fails, isTerminated, neverBegun, stopped, succeeds, timesOut, toItsEnd } from './endings.ts'
import { type Around, type Language, numbered } from './language.ts'
import { type Expected, type Kind, type Step, type Takes, terminationReason } from './workload.ts'

const twice = { retryStrategy: { attempts: 2 } }
const forEver = 600_000

type DefinitionOf = NonNullable<Kind['definition']>

interface ContainerOfKind {
  readonly name: string
  readonly words: Parameters<Language['command']>[0]
  readonly inessential?: true
  readonly dependsOn?: TaskContainerProperties['dependsOn']
}

export function jobsOfSeveral(language: Language): Kind[] {
  const { print, pause, exit } = language
  const says = (text: string, count = 5) => print(text, count)
  const container = (name: string, ...words: ContainerOfKind['words']): ContainerOfKind => ({ name, words })
  const beside = (one: ContainerOfKind): ContainerOfKind => ({ ...one, inessential: true })
  const after = (one: ContainerOfKind, containerName: string, condition: 'START' | 'COMPLETE' | 'SUCCESS') => ({
    ...one,
    dependsOn: [...(one.dependsOn ?? []), { containerName, condition }],
  })
  const task = (...containers: ContainerOfKind[]) => taskOf(language, containers)
  const kind = (name: string, definition: DefinitionOf, expected: Expected, more: Partial<Step> = {}): Kind => ({
    ...{ name, weight: 1, definition },
    steps: [{ submit: {}, expected, ...more }],
  })
  const endless = (text: string) => [says(text), pause(forEver)]
  const reason = terminationReason

  return [
    kind(
      'task',
      task(
        beside(container('db', ...endless('db'))),
        after(beside(container('prepare', says('prepare', 20), pause(100))), 'db', 'START'),
        after(container('app', says('app', 50), pause(200)), 'prepare', 'SUCCESS'),
      ),
      succeeds({
        n0c0: stopped(numbered('db', 5)),
        n0c1: toItsEnd(numbered('prepare', 20)),
        n0c2: { ...toItsEnd(numbered('app', 50)), after: ['n0c1'] },
      }),
      { takes: { licence: 2, token: 1 } },
    ),
    kind(
      'failing-task',
      task(beside(container('side', ...endless('side'))), container('app', says('app'), pause(150), exit(7))),
      fails({ n0c0: stopped(numbered('side', 5)), n0c1: toItsEnd(numbered('app', 5), 7) }, 2),
      { submit: twice, takes: { licence: 1, token: 1 } },
    ),
    kind(
      'hopeless-task',
      task(
        beside(container('first', says('first'), exit(2))),
        after(container('second', says('second')), 'first', 'SUCCESS'),
      ),
      cannotStart(2, { n0c0: toItsEnd(numbered('first', 5), 2), n0c1: neverBegun }),
      { submit: twice },
    ),
    kind(
      'terminated-task',
      task(beside(container('side', ...endless('side'))), after(container('app', ...endless('app')), 'side', 'START')),
      isTerminated({ n0c0: stopped(numbered('side', 5)), n0c1: stopped(numbered('app', 5)) }, reason),
      { submit: twice, terminated: true, takes: { licence: 1 } },
    ),
    kind(
      'task-array',
      task(
        beside(container('first', says('first'), exit(1))),
        after(container('second', says('second')), 'first', 'COMPLETE'),
      ),
      {
        ...succeeds({
          n0c0: toItsEnd(numbered('first', 5), 1),
          n0c1: { ...toItsEnd(numbered('second', 5)), after: ['n0c0'] },
        }),
        children: 3,
      },
      { submit: { arrayProperties: { size: 3 } } },
    ),
    kind(
      'pod',
      podOf(
        language,
        [container('fetch', says('fetch', 20), pause(100))],
        [container('left', says('left'), pause(200)), container('right', says('right'), pause(100))],
      ),
      succeeds({
        n0c0: toItsEnd(numbered('fetch', 20)),
        n0c1: { ...toItsEnd(numbered('left', 5)), after: ['n0c0'] },
        n0c2: { ...toItsEnd(numbered('right', 5)), after: ['n0c0'] },
      }),
    ),
    kind(
      'broken-pod',
      podOf(language, [container('fetch', says('fetch'), exit(4))], [container('app', says('app'))]),
      fails({ n0c0: toItsEnd(numbered('fetch', 5), 4), n0c1: neverBegun }, 2),
      { submit: twice },
    ),
    kind(
      'nodes',
      nodesOf(language, [[says('main', 20), pause(600)], [says('one'), exit(9)], endless('two')], { licence: 1 }),
      {
        // The end of the other nodes does not count. A node that begins late may be stopped on its
        // way.
        ...succeeds({
          n0c0: toItsEnd(numbered('main', 20)),
          n1c0: { ...stopped(numbered('one', 5)), exitCodes: () => [9, 143, 137, undefined] },
          n2c0: stopped(numbered('two', 5)),
        }),
        mainPart: 'n0c0',
      },
      { takesOfDefinition: { licence: 3 } },
    ),
    kind(
      'failing-nodes',
      nodesOf(language, [[says('main'), pause(300), exit(5)], endless('one')]),
      {
        ...fails({ n0c0: toItsEnd(numbered('main', 5), 5), n1c0: stopped(numbered('one', 5)) }, 2),
        mainPart: 'n0c0',
      },
      { submit: twice },
    ),
    kind(
      'terminated-nodes',
      nodesOf(language, [endless('main'), endless('one'), endless('two')]),
      {
        ...isTerminated(
          {
            ...{ n0c0: stopped(numbered('main', 5)), n1c0: stopped(numbered('one', 5)) },
            n2c0: stopped(numbered('two', 5)),
          },
          reason,
        ),
        mainPart: 'n0c0',
      },
      { submit: twice, terminated: true },
    ),
  ]
}

/** They take a minute, AWS's least. */
export function timedOutOfSeveral(language: Language): Kind[] {
  const endless = (text: string) => [language.print(text, 5), language.pause(forEver)]
  const parts = (first: string, second: string, third: string) => ({
    [first]: stopped(numbered('a', 5)),
    [second]: stopped(numbered('b', 5)),
    [third]: stopped(numbered('c', 5)),
  })
  const submit = { timeout: { attemptDurationSeconds: 60 }, retryStrategy: { attempts: 3 } }
  const container = (name: string): ContainerOfKind => ({ name, words: endless(name) })
  return [
    {
      ...{ name: 'timed-out-task', weight: 1 },
      definition: taskOf(language, ['a', 'b', 'c'].map(container)),
      steps: [{ submit, expected: timesOut(parts('n0c0', 'n0c1', 'n0c2')), takes: { token: 1 } }],
    },
    {
      ...{ name: 'timed-out-nodes', weight: 1 },
      definition: nodesOf(language, ['a', 'b', 'c'].map(endless)),
      steps: [{ submit, expected: { ...timesOut(parts('n0c0', 'n1c0', 'n2c0')), mainPart: 'n0c0' } }],
    },
  ]
}

const vcpu = { type: 'VCPU' as const, value: '1' }
const memory = { type: 'MEMORY' as const, value: '64' }

function mountPointsOf({ volumes }: Around) {
  return volumes.map(({ name, containerPath }) => ({ sourceVolume: name, containerPath }))
}

function volumesOf({ volumes }: Around) {
  return volumes.map(({ name, sourcePath }) => ({ name, host: { sourcePath } }))
}

function taskOf({ command }: Language, containers: readonly ContainerOfKind[]): DefinitionOf {
  return (around) => ({
    type: 'container',
    ecsProperties: {
      taskProperties: [
        {
          volumes: volumesOf(around),
          containers: containers.map(({ name, words, inessential, dependsOn }, index) => ({
            ...{ name, image: around.image, command: command(words, index), environment: around.environment },
            ...{ resourceRequirements: [vcpu, memory], mountPoints: mountPointsOf(around) },
            ...(inessential ? { essential: false } : {}),
            ...(dependsOn ? { dependsOn } : {}),
          })),
        },
      ],
    },
  })
}

function podOf(
  { command }: Language,
  inits: readonly ContainerOfKind[],
  containers: readonly ContainerOfKind[],
): DefinitionOf {
  return (around) => {
    const container = ({ name, words }: ContainerOfKind, index: number) => ({
      ...{ name, image: around.image, args: command(words, index), env: around.environment },
      resources: { limits: { cpu: '1', memory: '64Mi' } },
      volumeMounts: around.volumes.map(({ name: volume, containerPath }) => ({
        name: volume,
        mountPath: containerPath,
      })),
    })
    return {
      type: 'container',
      eksProperties: {
        podProperties: {
          volumes: around.volumes.map(({ name, sourcePath }) => ({ name, hostPath: { path: sourcePath } })),
          initContainers: inits.map(container),
          containers: containers.map((one, index) => container(one, inits.length + index)),
        },
      },
    }
  }
}

/**
 * One node for each of the scripts, the first of them the main node. Each uses `takes` of the
 * resources.
 */
function nodesOf({ command }: Language, scripts: readonly ContainerOfKind['words'][], takes: Takes = {}): DefinitionOf {
  const consumableResourceList = Object.entries(takes).map(([consumableResource, quantity]) => ({
    consumableResource,
    quantity,
  }))
  return (around) => ({
    type: 'multinode',
    nodeProperties: {
      ...{ numNodes: scripts.length, mainNode: 0 },
      nodeRangeProperties: scripts.map(
        (words, node): NodeRangeProperty => ({
          targetNodes: String(node),
          container: {
            ...{ image: around.image, command: command(words, 0), environment: around.environment },
            ...{ resourceRequirements: [vcpu, memory], volumes: volumesOf(around), mountPoints: mountPointsOf(around) },
          },
          ...(consumableResourceList.length > 0 ? { consumableResourceProperties: { consumableResourceList } } : {}),
        }),
      ),
    },
  })
}
