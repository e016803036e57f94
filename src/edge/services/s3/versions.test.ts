/** Versioning of buckets, as clients see it. */
import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
})

const setVersioning = (inner: string, headers: Record<string, string> = {}) =>
  edge.call({
    ...{ method: 'PUT', path: '/lab', query: { versioning: '' }, headers },
    body: `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</VersioningConfiguration>`,
  })
const enable = () => setVersioning('<Status>Enabled</Status>')
const suspend = () => setVersioning('<Status>Suspended</Status>')
const versionOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['x-amz-version-id'])
const put = async (body: string, path = '/lab/o') => versionOf(await edge.call({ method: 'PUT', path, body }))
const all = (body: string, name: string) =>
  [...body.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((match) => match[1])

describe('versioning of a bucket', () => {
  test('is off, on or suspended', async () => {
    const got = async () => (await edge.call({ path: '/lab', query: { versioning: '' } })).body
    expect(await got()).toMatch(/<VersioningConfiguration xmlns="[^"]+"><\/VersioningConfiguration>$/)
    expect((await enable()).status).toBe(200)
    expect(await got()).toContain('<Status>Enabled</Status>')
    expect((await suspend()).status).toBe(200)
    expect(await got()).toContain('<Status>Suspended</Status>')
  })

  test.each([
    ['', {}, 400, 'IllegalVersioningConfigurationException'],
    ['<Status>On</Status>', {}, 400, 'MalformedXML'],
    ['<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>', {}, 501, 'NotImplemented'],
    ['<Status>Enabled</Status>', { 'x-amz-mfa': '1 2' }, 501, 'NotImplemented'],
    ['<Status>Enabled</Status><MfaDelete>Maybe</MfaDelete>', {}, 400, 'MalformedXML'],
    ['<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>', {}, 200, undefined],
  ])('is set by %s (%o) with the answer %i', async (inner, headers, status, code) => {
    const set = await setVersioning(inner, headers as Record<string, string>)
    expect([set.status, set.code]).toEqual([status, code])
  })

  test('of a bucket that is not there is not', async () => {
    expect((await edge.call({ path: '/none', query: { versioning: '' } })).code).toBe('NoSuchBucket')
  })
})

test('without versioning no answer names a version', async () => {
  const made = await edge.call({ method: 'PUT', path: '/lab/o', body: 'x' })
  const got = await edge.call({ path: '/lab/o' })
  const gone = await edge.call({ method: 'DELETE', path: '/lab/o' })
  for (const { headers } of [made, got, gone]) {
    expect(headers['x-amz-version-id']).toBeUndefined()
    expect(headers['x-amz-delete-marker']).toBeUndefined()
  }
})

describe('with versioning', () => {
  beforeEach(async () => {
    await enable()
  })

  test('every version is read, headed and tagged by its id', async () => {
    const [first, second] = [await put('one'), await put('two')]
    const query = { versionId: first }
    const got = await edge.call({ path: '/lab/o', query })
    expect([got.body, versionOf(got)]).toEqual(['one', first])
    const latest = await edge.call({ path: '/lab/o' })
    expect([latest.body, versionOf(latest)]).toEqual(['two', second])
    const head = await edge.call({ method: 'HEAD', path: '/lab/o', query })
    expect([head.status, versionOf(head)]).toEqual([200, first])
    const body = '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'
    const tagged = await edge.call({ method: 'PUT', path: '/lab/o', query: { ...query, tagging: '' }, body })
    expect([tagged.status, versionOf(tagged)]).toEqual([200, first])
    const tags = await edge.call({ path: '/lab/o', query: { ...query, tagging: '' } })
    expect([tags.body, versionOf(tags)]).toEqual([expect.stringContaining('<Key>k</Key>'), first])
    expect((await edge.call({ path: '/lab/o', query: { tagging: '' } })).body).not.toContain('<Key>k</Key>')
    const untagged = await edge.call({ method: 'DELETE', path: '/lab/o', query: { ...query, tagging: '' } })
    expect([untagged.status, versionOf(untagged)]).toEqual([204, first])
    const attributes = await edge.call({
      ...{ path: '/lab/o', query: { ...query, attributes: '' } },
      headers: { 'x-amz-object-attributes': 'ObjectSize' },
    })
    expect([all(attributes.body, 'ObjectSize'), versionOf(attributes)]).toEqual([['3'], first])
  })

  test('a deleted object has a delete marker, without which it is back', async () => {
    const first = await put('one')
    const gone = await edge.call({ method: 'DELETE', path: '/lab/o' })
    const marker = versionOf(gone)
    expect([gone.status, gone.headers['x-amz-delete-marker']]).toEqual([204, 'true'])
    const got = await edge.call({ path: '/lab/o' })
    expect([got.status, got.code, got.headers['x-amz-delete-marker'], versionOf(got)]).toEqual([
      ...[404, 'NoSuchKey', 'true', marker],
    ])
    const head = await edge.call({ method: 'HEAD', path: '/lab/o' })
    expect([head.status, head.headers['x-amz-delete-marker']]).toEqual([404, 'true'])
    const ofMarker = await edge.call({ path: '/lab/o', query: { versionId: marker } })
    expect([ofMarker.status, ofMarker.code]).toEqual([405, 'MethodNotAllowed'])
    expect(ofMarker.headers).toMatchObject({
      'x-amz-delete-marker': 'true',
      allow: 'DELETE',
      'x-amz-version-id': marker,
    })
    expect(ofMarker.headers['last-modified']).toBeDefined()
    const back = await edge.call({ method: 'DELETE', path: '/lab/o', query: { versionId: marker } })
    expect([back.status, back.headers['x-amz-delete-marker'], versionOf(back)]).toEqual([204, 'true', marker])
    expect(versionOf(await edge.call({ path: '/lab/o' }))).toBe(first)
    const whole = await edge.call({ method: 'DELETE', path: '/lab/o', query: { versionId: first } })
    expect([whole.status, whole.headers['x-amz-delete-marker'], versionOf(whole)]).toEqual([204, undefined, first])
    expect((await edge.call({ path: '/lab', query: { versions: '' } })).body).not.toContain('<Key>')
  })

  test('an old version is copied over the newest one', async () => {
    const first = await put('one')
    await put('two')
    const source = { 'x-amz-copy-source': `/lab/o?versionId=${first}` }
    const copied = await edge.call({ method: 'PUT', path: '/lab/o', headers: source })
    expect([copied.status, copied.headers['x-amz-copy-source-version-id']]).toEqual([200, first])
    const got = await edge.call({ path: '/lab/o' })
    expect([got.body, versionOf(got)]).toEqual(['one', versionOf(copied)])
    const none = { 'x-amz-copy-source': '/lab/o?versionId=0hojakr580029j6rr0pk3q3f' }
    expect((await edge.call({ method: 'PUT', path: '/lab/o', headers: none })).code).toBe('NoSuchVersion')
    const started = await edge.call({ method: 'POST', path: '/lab/p', query: { uploads: '' } })
    const [uploadId = ''] = all(started.body, 'UploadId')
    const part = await edge.call({
      method: 'PUT',
      path: '/lab/p',
      query: { uploadId, partNumber: '1' },
      headers: source,
    })
    expect([part.status, part.headers['x-amz-copy-source-version-id']]).toEqual([200, first])
    const [etag] = all(part.body, 'ETag')
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`
    const done = await edge.call({ method: 'POST', path: '/lab/p', query: { uploadId }, body })
    expect(versionOf(done)).toBe(versionOf(await edge.call({ path: '/lab/p' })))
  })

  test('several versions and objects are deleted together', async () => {
    const [first, second] = [await put('one'), await put('two')]
    const object = (version: string) => `<Object><Key>o</Key><VersionId>${version}</VersionId></Object>`
    const body = `<Delete>${object(first)}${object('x')}<Object><Key>o</Key></Object></Delete>`
    const gone = await edge.call({ method: 'POST', path: '/lab', query: { delete: '' }, body })
    expect(gone.body).toContain(`<Deleted><Key>o</Key><VersionId>${first}</VersionId></Deleted>`)
    expect(gone.body).toMatch(
      /<Deleted><Key>o<\/Key><DeleteMarker>true<\/DeleteMarker><DeleteMarkerVersionId>\w+<\/DeleteMarkerVersionId><\/Deleted>/,
    )
    expect(gone.body).toContain('<Error><Key>o</Key><VersionId>x</VersionId><Code>InvalidArgument</Code>')
    const { body: listed } = await edge.call({ path: '/lab', query: { versions: '' } })
    expect(all(listed, 'VersionId').length).toBe(2)
    expect(all(listed, 'VersionId')).toContain(second)
  })

  test('a listing has versions and delete markers in one order, page by page', async () => {
    const first = await put('one')
    const marker = versionOf(await edge.call({ method: 'DELETE', path: '/lab/o' }))
    const second = await put('two')
    await put('x', '/lab/a%20b/c')
    const list = (query: Record<string, string>) => edge.call({ path: '/lab', query: { versions: '', ...query } })
    const whole = (await list({ delimiter: '/' })).body
    expect([...whole.matchAll(/<(Version|DeleteMarker)>/g)].map((match) => match[1])).toEqual([
      ...['Version', 'DeleteMarker', 'Version'],
    ])
    expect(all(whole, 'VersionId')).toEqual([second, marker, first])
    expect(all(whole, 'IsLatest')).toEqual(['true', 'false', 'false'])
    expect(all(whole, 'Prefix')).toEqual(['', 'a b/'])
    const seen: (string | undefined)[] = []
    let more: Record<string, string> = {}
    for (let turn = 0; turn < 9; turn++) {
      const { body } = await list({ 'max-keys': '1', 'encoding-type': 'url', ...more })
      seen.push(...all(body, 'VersionId'))
      const [key, version] = [all(body, 'NextKeyMarker')[0], all(body, 'NextVersionIdMarker')[0]]
      if (key === undefined) break
      more = { 'key-marker': decodeURIComponent(key), 'version-id-marker': version! }
    }
    expect(seen.slice(1)).toEqual([second, marker, first])
    expect((await list({ 'version-id-marker': first })).code).toBe('InvalidArgument')
    expect((await list({ 'key-marker': 'o', 'version-id-marker': 'x' })).code).toBe('InvalidArgument')
  })

  test.each([
    ['PUT', {}, 'InvalidArgument'],
    ['POST', { uploads: '' }, 'InvalidArgument'],
    ['GET', { tagging: '' }, 'NoSuchVersion'],
    ['GET', {}, 'NoSuchVersion'],
    ['DELETE', {}, undefined],
  ])('%s %o with a version that is not there answers %s', async (method, query, code) => {
    const versionId = '0hojakr580029j6rr0pk3q3f'
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: 'x' }
    expect((await edge.call({ method, path: '/lab/o', query: { ...query, versionId }, ...body })).code).toBe(code)
    expect((await edge.call({ method, path: '/lab/o', query: { ...query, versionId: '' }, ...body })).code).toBe(
      'InvalidArgument',
    )
  })

  test('a bucket with nothing but a delete marker is not removed', async () => {
    await edge.call({ method: 'DELETE', path: '/lab/o' })
    const gone = await edge.call({ method: 'DELETE', path: '/lab' })
    expect([gone.status, gone.code]).toEqual([409, 'BucketNotEmpty'])
    expect(gone.body).toContain('You must delete all versions in the bucket.')
  })

  test('versions have actions of their own', async () => {
    const [first] = [await put('one'), await put('two')]
    const allow = (...Action: string[]) => ({
      Effect: 'Allow',
      Action,
      Resource: ['arn:aws:s3:::lab', 'arn:aws:s3:::lab/*'],
    })
    const plain = edge.addUser('ada', allow('s3:GetObject', 's3:DeleteObject', 's3:PutObject', 's3:ListBucket'))
    const more = edge.addUser('bob', allow('s3:GetObjectVersion', 's3:PutObject', 's3:DeleteObjectVersion'))
    const get = async (key: typeof plain, query: Record<string, string>) =>
      (await edge.call({ path: '/lab/o', query }, key)).status
    expect([await get(plain, {}), await get(plain, { versionId: first })]).toEqual([200, 403])
    expect([await get(more, {}), await get(more, { versionId: first })]).toEqual([403, 200])
    expect(await get(more, { versionId: '0hojakr580029j6rr0pk3q3f' })).toBe(403)
    const headers = { 'x-amz-copy-source': `/lab/o?versionId=${first}` }
    const copy = async (key: typeof plain) => (await edge.call({ method: 'PUT', path: '/lab/p', headers }, key)).status
    expect([await copy(plain), await copy(more)]).toEqual([403, 200])
    expect((await edge.call({ path: '/lab', query: { versions: '' } }, plain)).status).toBe(403)
    const remove = async (key: typeof plain, query: Record<string, string>) =>
      (await edge.call({ method: 'DELETE', path: '/lab/o', query }, key)).status
    expect([await remove(plain, { versionId: first }), await remove(plain, {})]).toEqual([403, 204])
    const body = `<Delete><Object><Key>o</Key><VersionId>${first}</VersionId></Object></Delete>`
    const several = (key: typeof plain) => edge.call({ method: 'POST', path: '/lab', query: { delete: '' }, body }, key)
    expect((await several(plain)).body).toContain('<Code>AccessDenied</Code>')
    expect((await several(more)).body).toContain('<Deleted>')
  })

  test('a policy may name the version', async () => {
    const [first, second] = [await put('one'), await put('two')]
    const Condition = { StringEquals: { 's3:versionid': first } }
    const statement = { Effect: 'Allow', Action: 's3:GetObjectVersion', Resource: 'arn:aws:s3:::lab/*', Condition }
    const ada = edge.addUser('ada', statement)
    const get = async (versionId: string) => (await edge.call({ path: '/lab/o', query: { versionId } }, ada)).status
    expect([await get(first), await get(second)]).toEqual([200, 403])
  })
})

test('while versioning is suspended the null version is written over', async () => {
  await enable()
  const first = await put('one')
  await suspend()
  expect([await put('two'), await put('three')]).toEqual(['null', 'null'])
  const { body } = await edge.call({ path: '/lab', query: { versions: '' } })
  expect(all(body, 'VersionId')).toEqual(['null', first])
  const gone = await edge.call({ method: 'DELETE', path: '/lab/o' })
  expect([versionOf(gone), gone.headers['x-amz-delete-marker']]).toEqual(['null', 'true'])
})
