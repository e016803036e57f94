import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  type HostPathMap,
  type HostPathTarget,
  hostPathMapOf,
  isOpenToAll,
  placeOfHostPath,
  shippedHostPaths,
  yieldingHostPaths,
} from './host-path-map.ts'

const host = (to: string) => ({ kind: 'host', to }) as const
const map: HostPathMap = new Map([
  ['/opt/conda', host('/srv/conda')],
  ['/opt/conda/bin', host('/srv/bin/')],
  ['/var/lib/cloud', host('/srv/cloud')],
])

it.each([
  ['/opt/conda', '/srv/conda'],
  ['/opt/conda/', '/srv/conda'],
  ['/opt/conda/lib/x', '/srv/conda/lib/x'],
  ['/opt/conda/bin/aws', '/srv/bin/aws'],
  ['/opt/condaless', '/opt/condaless'],
  ['/var/lib/cloud/data/instance-id', '/srv/cloud/data/instance-id'],
  ['/elsewhere/', '/elsewhere/'],
])('%s is really %s', (requested, real) => {
  expect(placeOfHostPath(requested, map)).toEqual({ kind: 'host', path: real })
})

it('can map everything', () => {
  const all: HostPathMap = new Map([['/', host('/jail')]])
  expect(placeOfHostPath('/a/b', all)).toEqual({ kind: 'host', path: '/jail/a/b' })
  expect(placeOfHostPath('/', all)).toEqual({ kind: 'host', path: '/jail' })
})

describe('the shipped entries', () => {
  it.each(['/docker_scratch', '/docker_scratch/', '/var/lib/docker', '/scratch', '/cromwell_root'])(
    'make a directory of the attempt of %s, and of nothing below it',
    (path) => {
      expect(placeOfHostPath(path, shippedHostPaths)).toEqual({ kind: 'scratch', volume: path.replace(/\/$/, '') })
      expect(placeOfHostPath(`${path}/others`, shippedHostPaths).kind).toBe('host')
    },
  )

  it('supply the aws command at the paths of clients, and not below them', () => {
    for (const path of ['/home/ec2-user/miniconda', '/usr/local/aws-cli/'])
      expect(placeOfHostPath(path, shippedHostPaths)).toEqual({ kind: 'supplied', what: 'aws' })
    expect(placeOfHostPath('/usr/local/aws-cli/v2', shippedHostPaths).kind).toBe('host')
  })

  it('supply the two files that Cromwell mounts', () => {
    expect(placeOfHostPath('/usr/local/bin/fetch_and_run.sh', shippedHostPaths)).toMatchObject({ kind: 'supplied' })
    expect(placeOfHostPath('/var/lib/cloud/data/instance-id', shippedHostPaths)).toMatchObject({ kind: 'supplied' })
    expect(placeOfHostPath('/usr/local/bin', shippedHostPaths).kind).toBe('host')
    expect(placeOfHostPath('/usr/local/bin/other', shippedHostPaths).kind).toBe('host')
  })

  it('lead to nothing of the host', () => {
    for (const path of shippedHostPaths.keys()) expect(isOpenToAll(path, shippedHostPaths)).toBe(true)
  })

  it.each([
    '/docker_scratch/..',
    '//docker_scratch',
    '/docker_scratch/.',
    '/docker_scratchy',
    '/',
    '',
    'docker_scratch',
  ])('are not found under another spelling: %s', (path) => {
    expect(isOpenToAll(path, shippedHostPaths)).toBe(false)
  })

  it.each(['/usr/local/aws-cli/..', '/home/ec2-user/miniconda/../../../etc', '/usr/local/aws-cli/./bin'])(
    'supply no command by a way around: %s',
    (path) => {
      expect(isOpenToAll(path, shippedHostPaths)).toBe(false)
    },
  )
})

describe('the operator’s entries', () => {
  const refused = { kind: 'refused', why: 'it is gone' } as const

  it('win over the shipped ones', () => {
    const own = hostPathMapOf(
      new Map<string, ReturnType<typeof host> | typeof refused>([
        ['/docker_scratch', host('/big')],
        ['/usr/local/aws-cli/v2', refused],
      ]),
    )
    expect(placeOfHostPath('/docker_scratch/x', own)).toEqual({ kind: 'host', path: '/big/x' })
    expect(placeOfHostPath('/usr/local/aws-cli/v2/current', own)).toEqual(refused)
    expect(placeOfHostPath('/usr/local/aws-cli', own).kind).toBe('supplied')
  })

  it.each([
    '/fh/old',
    '//fh/old',
    '/fh//old/x',
    '/fh/./old',
    '/./fh/old/.',
    '/fh/old//',
    '/fh/new/../old/x',
    '/../fh/old',
    '/fh/old/y/..',
  ])('refuse a path in any spelling: %s', (path) => {
    const own = hostPathMapOf(new Map([['/fh/old', refused]]))
    expect(placeOfHostPath(path, own)).toEqual(refused)
  })

  it.each([
    ['//opt/conda', '/srv/conda'],
    ['/opt//conda/./lib//x/', '/srv/conda/lib/x'],
    ['/opt/other/../conda/bin/aws', '/srv/bin/aws'],
    ['/opt/conda/../condaless', '/opt/conda/../condaless'],
  ])('lead elsewhere in any spelling: %s', (path, real) => {
    expect(placeOfHostPath(path, map)).toEqual({ kind: 'host', path: real })
  })

  test('a name that the lab really has is the lab’s, and /docker_scratch never is', () => {
    const own = hostPathMapOf(new Map(), [], () => true)
    for (const path of yieldingHostPaths) expect(placeOfHostPath(path, own)).toEqual({ kind: 'host', path })
    expect(placeOfHostPath('/docker_scratch', own).kind).toBe('scratch')
    expect(placeOfHostPath('/var/lib/docker', own).kind).toBe('scratch')
  })

  test('a grant of a name means the path of the host, and /docker_scratch never does', () => {
    const granted = [...shippedHostPaths.keys(), '/'].map((path) => ({ path, readOnly: false }))
    expect([...hostPathMapOf(new Map(), granted).keys()]).toEqual(['/docker_scratch'])
    expect(hostPathMapOf(new Map(), [{ path: '/', readOnly: false }]).size).toBe(shippedHostPaths.size)
  })
})

describe('for any path and any map', () => {
  const segment = fc.constantFrom('a', 'b', 'docker_scratch', '.', '..', '', 'aws-cli', 'usr', 'local')
  const path = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`)
  const target = fc.oneof(
    path.map(host),
    fc.constant({ kind: 'scratch' } as const),
    fc.constant({ kind: 'refused', why: 'no' } as const),
  )
  const maps = fc.array(fc.tuple(path, target), { maxLength: 5 }).map((entries) => new Map(entries))

  it('anybody gets a path only by an entry that does not lead to the host', () => {
    fc.assert(
      fc.property(path, maps, (requested, operators) => {
        const all = hostPathMapOf(operators)
        if (!isOpenToAll(requested, all)) return
        const path = requested.length > 1 ? requested.replace(/\/+$/, '') || '/' : requested
        expect(['scratch', 'supplied']).toContain(all.get(path)?.kind)
      }),
    )
  })

  it('the longest entry decides, whatever the order of the entries', () => {
    fc.assert(
      fc.property(path, maps, (requested, operators) => {
        const reversed = new Map([...operators].toReversed())
        expect(placeOfHostPath(requested, reversed)).toEqual(placeOfHostPath(requested, operators))
      }),
    )
  })

  it('one that leads to the host, or refuses, covers every spelling of a path', () => {
    const led = fc.constantFrom<HostPathTarget>(host('/elsewhere'), { kind: 'refused', why: 'no' })
    const plain = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }).map((all) => `/${all.join('/')}`)
    const spelling = fc.array(fc.constantFrom('/', '/.', '/c/..', '/a/../b/..'), { maxLength: 3 })
    fc.assert(
      fc.property(fc.dictionary(plain, led), plain, spelling, (entries, wanted, around) => {
        const own = new Map(Object.entries(entries))
        const place = placeOfHostPath(wanted, own)
        if (place.kind === 'host' && place.path === wanted) return
        const [first = '', ...rest] = wanted.split('/').slice(1)
        const spelled = `${around.join('')}/${first}${around.join('')}${rest.map((it) => `/${it}`).join('')}${around.join('')}`
        expect(placeOfHostPath(spelled, own)).toEqual(place)
      }),
    )
  })

  it('a path without an entry stays as it is', () => {
    fc.assert(
      fc.property(path, (requested) => {
        expect(placeOfHostPath(requested, new Map())).toEqual({ kind: 'host', path: requested })
      }),
    )
  })
})
