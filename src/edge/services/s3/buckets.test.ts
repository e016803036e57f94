/** Buckets and their listings. */
import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(() => {
  edge = new S3Edge()
})

const all = (body: string, name: string) =>
  [...body.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => match[1])

describe('a bucket', () => {
  test('is made, found, listed and removed', async () => {
    const made = await edge.call({ method: 'PUT', path: '/lab' })
    expect([made.status, made.headers.location]).toEqual([200, '/lab'])
    const head = await edge.call({ method: 'HEAD', path: '/lab' })
    expect([head.status, head.headers['x-amz-bucket-region']]).toEqual([200, 'us-west-2'])
    await edge.make({ method: 'PUT', path: '/other' })
    expect(all((await edge.call({ path: '/' })).body, 'Name')).toEqual(['lab', 'other'])
    expect(all((await edge.call({ path: '/', query: { prefix: 'o' } })).body, 'Name')).toEqual(['other'])
    expect((await edge.call({ method: 'DELETE', path: '/lab' })).status).toBe(204)
    expect((await edge.call({ method: 'HEAD', path: '/lab' })).status).toBe(404)
  })

  test('is made in whichever region the client names, because there is one', async () => {
    const body =
      '<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>'
    expect((await edge.call({ method: 'PUT', path: '/lab', body })).status).toBe(200)
    const { body: location } = await edge.call({ path: '/lab', query: { location: '' } })
    expect(location).toMatch(/<LocationConstraint xmlns="[^"]+">us-west-2</)
  })

  test('is listed page by page', async () => {
    for (const name of ['aaa', 'bbb', 'ccc']) await edge.make({ method: 'PUT', path: `/${name}` })
    const first = await edge.call({ path: '/', query: { 'max-buckets': '2' } })
    const [token = ''] = all(first.body, 'ContinuationToken')
    const rest = await edge.call({ path: '/', query: { 'max-buckets': '2', 'continuation-token': token } })
    expect([all(first.body, 'Name'), all(rest.body, 'Name')]).toEqual([['aaa', 'bbb'], ['ccc']])
  })

  test.each([
    ['/UPPER', 400, 'InvalidBucketName'],
    ['/a', 400, 'InvalidBucketName'],
    ['/10.0.0.1', 400, 'InvalidBucketName'],
    ['/lab', 409, 'BucketAlreadyOwnedByYou'],
  ])('%s is refused', async (path, status, code) => {
    await edge.make({ method: 'PUT', path: '/lab' })
    const made = await edge.call({ method: 'PUT', path })
    expect([made.status, made.code]).toEqual([status, code])
  })

  test('is made again by its owner in the first region only', async () => {
    const first = new S3Edge({ region: 'us-east-1' })
    for (const _ of [1, 2]) expect((await first.call({ method: 'PUT', path: '/lab' })).status).toBe(200)
    const location = await first.call({ path: '/lab', query: { location: '' } })
    expect(location.body).toMatch(/<LocationConstraint xmlns="[^"]+"><\/LocationConstraint>/)
  })

  test('with objects is not removed', async () => {
    await edge.make({ method: 'PUT', path: '/lab' })
    await edge.make({ method: 'PUT', path: '/lab/o', body: 'x' })
    const gone = await edge.call({ method: 'DELETE', path: '/lab' })
    expect([gone.status, gone.code]).toEqual([409, 'BucketNotEmpty'])
  })

  test.each([
    ['versioning', 200, 'VersioningConfiguration'],
    ['acl', 200, 'FULL_CONTROL'],
    ['logging', 200, 'BucketLoggingStatus'],
    ['requestPayment', 200, 'BucketOwner'],
    ['policy', 404, 'NoSuchBucketPolicy'],
    ['cors', 404, 'NoSuchCORSConfiguration'],
    ['tagging', 404, 'NoSuchTagSet'],
    ['lifecycle', 404, 'NoSuchLifecycleConfiguration'],
    ['object-lock', 404, 'ObjectLockConfigurationNotFoundError'],
  ])('has nothing set: %s', async (query, status, text) => {
    await edge.make({ method: 'PUT', path: '/lab' })
    const got = await edge.call({ path: '/lab', query: { [query]: '' } })
    expect([got.status, got.body]).toEqual([status, expect.stringContaining(text)])
    expect((await edge.call({ path: '/none', query: { [query]: '' } })).code).toBe('NoSuchBucket')
  })
})

describe('a listing', () => {
  const keys = ['a b+c', 'a/1', 'a/2', 'a/b/3', 'b', 'c/ä', 'd&']
  beforeEach(async () => {
    await edge.make({ method: 'PUT', path: '/lab' })
    for (const key of keys)
      await edge.make({ method: 'PUT', path: `/lab/${encodeURIComponent(key).replaceAll('%2F', '/')}`, body: key })
  })
  const list = (query: Record<string, string>) => edge.call({ path: '/lab', query })
  const unescaped = (texts: readonly (string | undefined)[]) => texts.map((text) => text?.replaceAll('&amp;', '&'))

  test('has every key, in the order of UTF-8', async () => {
    const { body } = await list({ 'list-type': '2' })
    expect(unescaped(all(body, 'Key'))).toEqual(keys)
    expect([all(body, 'KeyCount'), all(body, 'IsTruncated'), all(body, 'MaxKeys')]).toEqual([
      ['7'],
      ['false'],
      ['1000'],
    ])
    expect(all(body, 'Size')[0]).toBe('5')
    expect(all(body, 'LastModified')[0]).toBe('2026-11-22T15:00:00.000Z')
  })

  test('folds what has the delimiter', async () => {
    const { body } = await list({ 'list-type': '2', delimiter: '/' })
    expect([unescaped(all(body, 'Key')), all(body, 'Prefix').slice(1)]).toEqual([
      ['a b+c', 'b', 'd&'],
      ['a/', 'c/'],
    ])
    const below = await list({ 'list-type': '2', delimiter: '/', prefix: 'a/' })
    expect([all(below.body, 'Key'), all(below.body, 'Prefix')]).toEqual([
      ['a/1', 'a/2'],
      ['a/', 'a/b/'],
    ])
  })

  test('encodes keys for clients that want it', async () => {
    const { body } = await list({ 'list-type': '2', delimiter: '/', 'encoding-type': 'url', prefix: 'c/' })
    expect([all(body, 'Key'), all(body, 'EncodingType')]).toEqual([['c/%C3%A4'], ['url']])
    expect(all((await list({ 'encoding-type': 'url' })).body, 'Key')[0]).toBe('a%20b%2Bc')
  })

  test.each([
    ['2', { 'list-type': '2' }, 'NextContinuationToken', 'continuation-token'],
    ['1', { delimiter: '/' }, 'NextMarker', 'marker'],
    ['of versions', { versions: '' }, 'NextKeyMarker', 'key-marker'],
  ])('is read page by page (version %s)', async (_, query, next, parameter) => {
    const whole = (await list(query as unknown as Record<string, string>)).body
    const names = (body: string) =>
      [...body.matchAll(/<(?:Key|CommonPrefixes><Prefix)>([^<]*)</g)].map((match) => match[1])
    const pages: (string | undefined)[] = []
    let more: Record<string, string> = {}
    for (let turn = 0; turn < 10; turn++) {
      const { body } = await list({ ...(query as unknown as Record<string, string>), 'max-keys': '2', ...more })
      expect(names(body).length).toBeLessThanOrEqual(2)
      pages.push(...names(body))
      const [token] = all(body, next)
      if (token === undefined) break
      more = { [parameter]: token.replaceAll('&amp;', '&') }
    }
    expect(pages.sort()).toEqual(names(whole).sort())
  })

  test('begins behind a key, tells owners to those who ask, and may be empty', async () => {
    const after = await list({ 'list-type': '2', 'start-after': 'b', 'fetch-owner': 'true' })
    expect([all(after.body, 'Key'), all(after.body, 'ID')]).toEqual([
      ['c/ä', 'd&amp;'],
      ['root', 'root'],
    ])
    const none = await list({ 'list-type': '2', 'max-keys': '0' })
    expect([all(none.body, 'Key'), all(none.body, 'IsTruncated')]).toEqual([[], ['false']])
  })

  test.each([
    { 'max-keys': 'many' },
    { 'max-keys': '-1' },
    { 'encoding-type': 'morse' },
    { 'list-type': '2', 'continuation-token': 'none of ours' },
  ])('%o is refused', async (query) => {
    expect((await list(query as unknown as Record<string, string>)).code).toBe('InvalidArgument')
  })
})
