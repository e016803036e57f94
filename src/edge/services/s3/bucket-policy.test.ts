/** Policies of buckets: set, shown, removed, and asked together with those of who asks. */
import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
  for (const key of ['public/1', 'private/1']) await edge.make({ method: 'PUT', path: `/lab/${key}`, body: key })
})

const [bucket, objects] = ['arn:aws:s3:::lab', 'arn:aws:s3:::lab/*']
const allow = (Action: string | string[], Resource: string | string[] = objects, more: object = {}) => ({
  ...{ Effect: 'Allow', Principal: '*', Action, Resource },
  ...more,
})
const policyOf = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const query = { policy: '' }
const put = (body: string, name = 'lab') => edge.call({ method: 'PUT', path: `/${name}`, query, body })
const set = async (...statements: object[]) => expect((await put(policyOf(...statements))).status).toBe(204)

describe('a bucket policy', () => {
  test('is shown as it was put, until it is removed', async () => {
    const text = `${policyOf(allow('s3:GetObject'))} `
    expect((await edge.call({ path: '/lab', query })).code).toBe('NoSuchBucketPolicy')
    expect((await put(text)).status).toBe(204)
    const got = await edge.call({ path: '/lab', query })
    expect([got.status, got.headers['content-type'], got.body]).toEqual([200, 'application/json', text])
    expect((await edge.call({ method: 'DELETE', path: '/lab', query })).status).toBe(204)
    expect((await edge.call({ method: 'DELETE', path: '/lab', query })).status).toBe(204)
    expect((await edge.call({ path: '/lab', query })).code).toBe('NoSuchBucketPolicy')
  })

  test('of a bucket that is not there is refused', async () => {
    for (const method of ['PUT', 'GET', 'DELETE'])
      expect((await edge.call({ method, path: '/none', query, body: method === 'PUT' ? '{}' : '' })).code).toBe(
        'NoSuchBucket',
      )
  })

  test('that cannot be read is refused in S3’s words, and changes nothing', async () => {
    const wrong = await put(policyOf({ ...allow('s3:GetObject'), Principal: { AWS: 'eve' } }))
    expect([wrong.status, wrong.code]).toEqual([400, 'MalformedPolicy'])
    expect(wrong.body).toContain(
      '<Message>Invalid principal in policy</Message><Detail>{&quot;AWS&quot;:&quot;eve&quot;}</Detail>',
    )
    expect((await edge.call({ path: '/lab', query })).code).toBe('NoSuchBucketPolicy')
  })

  test('says whether it is public', async () => {
    const status = async () => (await edge.call({ path: '/lab', query: { policyStatus: '' } })).body
    expect(await status()).toContain('<IsPublic>false</IsPublic>')
    await set(allow('s3:GetObject'))
    expect(await status()).toContain('<IsPublic>true</IsPublic>')
    await set(allow('s3:GetObject', objects, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/24' } } }))
    expect(await status()).toContain('<IsPublic>false</IsPublic>')
  })

  test('for everybody is refused where public policies are blocked', async () => {
    const block = (value: boolean) =>
      edge.make({
        ...{ method: 'PUT', path: '/lab', query: { publicAccessBlock: '' } },
        body: `<PublicAccessBlockConfiguration><BlockPublicPolicy>${value}</BlockPublicPolicy></PublicAccessBlockConfiguration>`,
      })
    await block(true)
    const refused = await put(policyOf(allow('s3:GetObject')))
    expect([refused.status, refused.code]).toEqual([403, 'AccessDenied'])
    expect(refused.body).toContain('prevented by the BlockPublicPolicy setting')
    await set({ ...allow('s3:GetObject'), Effect: 'Deny' })
    await block(false)
    await set(allow('s3:GetObject'))
  })

  test('of a bucket is gone with it', async () => {
    await set(allow('s3:*', [bucket, objects]))
    for (const key of ['public/1', 'private/1']) await edge.make({ method: 'DELETE', path: `/lab/${key}` })
    await edge.make({ method: 'DELETE', path: '/lab' })
    await edge.make({ method: 'PUT', path: '/lab' })
    expect((await edge.call({ path: '/lab', query })).code).toBe('NoSuchBucketPolicy')
  })
})

describe('who has no policy of their own', () => {
  const eve = () => edge.addUser('eve')
  const status = async (method: string, path: string, more: object = {}) =>
    (await edge.call({ method, path, ...(method === 'PUT' && { body: 'x' }), ...more }, eve())).status

  test('may do what the bucket allows to everybody who can sign, and nothing else', async () => {
    expect(await status('GET', '/lab/public/1')).toBe(403)
    await set(allow('s3:GetObject', 'arn:aws:s3:::lab/public/*'), allow('s3:ListBucket', bucket))
    expect(await status('GET', '/lab/public/1')).toBe(200)
    expect(await status('GET', '/lab/private/1')).toBe(403)
    expect(await status('PUT', '/lab/public/1')).toBe(403)
    expect(await status('GET', '/lab')).toBe(200)
    await edge.make({ method: 'DELETE', path: '/lab', query })
    expect(await status('GET', '/lab/public/1')).toBe(403)
  })

  test('is not anybody: a request without a signature is refused always', async () => {
    await set(allow('s3:*', [bucket, objects]))
    for (const url of ['/lab', '/lab/public/1']) {
      const got = await edge.app.inject({ method: 'GET', url })
      expect([got.statusCode, got.body]).toEqual([403, expect.stringContaining('AccessDenied')])
    }
  })

  test('copies and uploads by the policies of both buckets', async () => {
    await edge.make({ method: 'PUT', path: '/other' })
    const copy = (key: string) => status('PUT', '/other/copy', { headers: { 'x-amz-copy-source': `lab/${key}` } })
    const source = { StringLike: { 's3:x-amz-copy-source': 'lab/public/*' } }
    await set(allow('s3:GetObject'))
    await put(policyOf(allow('s3:PutObject', 'arn:aws:s3:::other/*', { Condition: source })), 'other')
    expect(await copy('public/1')).toBe(200)
    expect(await copy('private/1')).toBe(403)
    await set(allow('s3:GetObject', 'arn:aws:s3:::lab/private/*'))
    expect(await copy('public/1')).toBe(403)
  })

  test('may be named by the policy', async () => {
    const key = eve()
    const named = { AWS: ['arn:aws:iam::123456789012:user/eve'] }
    await set(allow('s3:GetObject', objects, { Principal: named }))
    expect((await edge.call({ path: '/lab/public/1' }, key)).status).toBe(200)
    expect((await edge.call({ path: '/lab/public/1' }, edge.addUser('bob'))).status).toBe(403)
  })

  test('has jobs that may do what they may, and are denied what they are denied', async () => {
    const key = eve()
    const job = edge.addJobOf(key)
    const named = { AWS: ['arn:aws:iam::123456789012:user/eve'] }
    const get = async (path: string) => (await edge.call({ path }, job)).status
    await set(allow('s3:GetObject', objects, { Principal: named }), {
      ...allow('s3:GetObject', 'arn:aws:s3:::lab/private/*', { Principal: named }),
      Effect: 'Deny',
    })
    expect([await get('/lab/public/1'), await get('/lab/private/1')]).toEqual([200, 403])
  })

  test('learns that an object is not there where they may list its name', async () => {
    await set(
      allow('s3:ListBucket', bucket, { Condition: { StringLike: { 's3:prefix': 'public/*' } } }),
      allow('s3:GetObject'),
    )
    expect(await status('HEAD', '/lab/public/none')).toBe(404)
    expect(await status('HEAD', '/lab/private/none')).toBe(403)
  })
})

describe('a Deny of the bucket', () => {
  test('wins over what the caller may do, and says so', async () => {
    await set({ ...allow('s3:GetObject', 'arn:aws:s3:::lab/private/*'), Effect: 'Deny' })
    const got = await edge.call({ path: '/lab/private/1' })
    expect([got.status, got.code]).toEqual([403, 'AccessDenied'])
    expect(got.body).toContain('with an explicit deny in a resource-based policy')
    expect((await edge.call({ path: '/lab/public/1' })).status).toBe(200)
  })

  test('of a deleted object is one of the errors of DeleteObjects', async () => {
    await set({ ...allow('s3:DeleteObject', 'arn:aws:s3:::lab/private/*'), Effect: 'Deny' })
    const body = '<Delete><Object><Key>public/1</Key></Object><Object><Key>private/1</Key></Object></Delete>'
    const gone = await edge.call({ method: 'POST', path: '/lab', query: { delete: '' }, body })
    expect(gone.body).toContain('<Deleted><Key>public/1</Key></Deleted>')
    expect(gone.body).toContain('<Error><Key>private/1</Key><Code>AccessDenied</Code>')
  })

  test('of everything locks out all but administrators, who may remove the policy', async () => {
    const ada = edge.addUser('ada', { Effect: 'Allow', Action: 's3:*', Resource: '*' })
    await set({ ...allow('s3:*', [bucket, objects]), Effect: 'Deny' })
    for (const key of [ada, edge.root]) expect((await edge.call({ path: '/lab' }, key)).status).toBe(403)
    expect((await edge.call({ method: 'DELETE', path: '/lab', query }, ada)).status).toBe(403)
    expect((await edge.call({ path: '/lab', query })).status).toBe(200)
    expect((await edge.call({ method: 'DELETE', path: '/lab', query })).status).toBe(204)
    expect((await edge.call({ path: '/lab' }, ada)).status).toBe(200)
  })

  test('holds while a policy that somebody damaged cannot be read', async () => {
    await edge.store.changeSettings('lab', { policy: '{' })
    expect((await edge.call({ path: '/lab/public/1' })).status).toBe(403)
    expect((await edge.call({ method: 'DELETE', path: '/lab', query })).status).toBe(204)
  })
})

describe('a condition of a bucket policy may ask for', () => {
  const tagging = (...pairs: [string, string][]) =>
    `<Tagging><TagSet>${pairs.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join('')}</TagSet></Tagging>`
  const tag = (key: string, ...pairs: [string, string][]) =>
    edge.make({ method: 'PUT', path: `/lab/${key}`, query: { tagging: '' }, body: tagging(...pairs) })

  test('the tags that an object has', async () => {
    const eve = edge.addUser('eve')
    const Condition = { StringEquals: { 's3:ExistingObjectTag/security': 'public' } }
    await set(allow(['s3:GetObject', 's3:PutObjectTagging'], objects, { Condition }))
    await tag('public/1', ['security', 'public'], ['foo', 'bar'])
    await tag('private/1', ['security', 'private'])
    const status = async (path: string, more: object = {}) => (await edge.call({ path, ...more }, eve)).status
    expect([await status('/lab/public/1'), await status('/lab/private/1'), await status('/lab/none')]).toEqual([
      200, 403, 403,
    ])
    expect(await status('/lab/public/1', { query: { tagging: '' } })).toBe(403)
    const retag = { method: 'PUT', query: { tagging: '' }, body: tagging(['security', 'private']) }
    expect(await status('/lab/public/1', retag)).toBe(200)
    expect(await status('/lab/public/1', retag)).toBe(403)
  })

  test('the tags of the source of a copy', async () => {
    const eve = edge.addUser('eve', { Effect: 'Allow', Action: 's3:PutObject', Resource: '*' })
    await set(allow('s3:GetObject', objects, { Condition: { StringEquals: { 's3:ExistingObjectTag/a': 'b' } } }))
    await tag('public/1', ['a', 'b'])
    const copy = async (key: string) =>
      (await edge.call({ method: 'PUT', path: '/lab/copy', headers: { 'x-amz-copy-source': `/lab/${key}` } }, eve))
        .status
    expect([await copy('public/1'), await copy('private/1')]).toEqual([200, 403])
  })

  test('the tags that a request gives', async () => {
    const eve = edge.addUser('eve')
    const Condition = {
      StringEquals: { 's3:RequestObjectTag/lab': 'wet' },
      'ForAllValues:StringEquals': { 's3:RequestObjectTagKeys': ['lab', 'room'] },
    }
    await set(allow(['s3:PutObject', 's3:PutObjectTagging'], objects, { Condition }))
    const put = async (tags?: string) =>
      (
        await edge.call(
          { method: 'PUT', path: '/lab/new', body: 'x', ...(tags && { headers: { 'x-amz-tagging': tags } }) },
          eve,
        )
      ).status
    expect([await put(), await put('lab=wet&room=1'), await put('lab=dry'), await put('lab=wet&x=y')]).toEqual([
      403, 200, 403, 403,
    ])
    const retag = async (...pairs: [string, string][]) =>
      (await edge.call({ method: 'PUT', path: '/lab/new', query: { tagging: '' }, body: tagging(...pairs) }, eve))
        .status
    expect([await retag(['lab', 'wet']), await retag(['lab', 'dry'])]).toEqual([200, 403])
  })

  test.each<[string, object, Record<string, string>]>([
    [
      'x-amz-acl',
      { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } },
      { 'x-amz-acl': 'bucket-owner-full-control' },
    ],
    ['If-None-Match', { StringEquals: { 's3:if-none-match': '*' } }, { 'if-none-match': '*' }],
    ['Referer', { StringLike: { 'aws:Referer': 'http://lab/*' } }, { referer: 'http://lab/x' }],
    ['User-Agent', { StringLike: { 'aws:UserAgent': 'curl/*' } }, { 'user-agent': 'curl/8' }],
  ])('the header %s', async (_, Condition, headers) => {
    const eve = edge.addUser('eve')
    await set(allow('s3:PutObject', objects, { Condition }))
    const put = async (given: Record<string, string>) =>
      (
        await edge.call(
          { method: 'PUT', path: '/lab/new', body: 'x', headers: { 'user-agent': 'test', ...given } },
          eve,
        )
      ).status
    expect([await put({}), await put(headers)]).toEqual([403, 200])
  })

  test('how a request is signed', async () => {
    const eve = edge.addUser('eve')
    await set(allow('s3:GetObject', objects, { Condition: { StringEquals: { 's3:authType': 'REST-HEADER' } } }))
    expect((await edge.call({ path: '/lab/public/1' }, eve)).status).toBe(200)
  })
})

describe('the public access block of a bucket', () => {
  const block = { publicAccessBlock: '' }
  test('is kept, shown and removed', async () => {
    expect((await edge.call({ path: '/lab', query: block })).code).toBe('NoSuchPublicAccessBlockConfiguration')
    const body =
      '<PublicAccessBlockConfiguration><BlockPublicAcls>TRUE</BlockPublicAcls><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>'
    await edge.make({ method: 'PUT', path: '/lab', query: block, body })
    expect((await edge.call({ path: '/lab', query: block })).body).toContain(
      '<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets>',
    )
    expect((await edge.call({ method: 'DELETE', path: '/lab', query: block })).status).toBe(204)
    expect((await edge.call({ path: '/lab', query: block })).code).toBe('NoSuchPublicAccessBlockConfiguration')
  })

  test('refuses lists for everybody', async () => {
    const put = async () =>
      (await edge.call({ method: 'PUT', path: '/lab/o', body: 'x', headers: { 'x-amz-acl': 'public-read' } })).code
    expect(await put()).toBe('AccessControlListNotSupported')
    const body =
      '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>'
    await edge.make({ method: 'PUT', path: '/lab', query: block, body })
    expect(await put()).toBe('AccessDenied')
  })

  test.each(['<X/>', '<BlockPublicAcls>yes</BlockPublicAcls>'])('with %s is refused', async (member) => {
    const body = `<PublicAccessBlockConfiguration>${member}</PublicAccessBlockConfiguration>`
    expect((await edge.call({ method: 'PUT', path: '/lab', query: block, body })).code).toBe('MalformedXML')
  })
})
