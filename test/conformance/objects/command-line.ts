/** What users type: `aws s3 …`. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cliEnvironment, run } from '../clients/aws-cli.ts'
import { cliVersion, type Installed } from '../clients/installed.ts'
import { largeMegabytes, type ObjectsSetting, oddNames } from './setting.ts'

export function exerciseCommandLineOnObjects(installed: Installed, given: () => ObjectsSetting): void {
  const bucket = `cli-${cliVersion(installed).replaceAll(/[^0-9]+/g, '-')}`.replace(/-$/, '')
  const isDebians = cliVersion(installed).includes('/2.')
  let folder = ''
  const environment = () => cliEnvironment(installed, given())
  const aws = async (...args: string[]) => (await run('aws', args, environment(), folder)).stdout
  const shell = async (command: string) => (await run('sh', ['-c', command], environment(), folder)).stdout
  const put = (key: string, ...args: string[]) =>
    aws('s3api', 'put-object', '--bucket', bucket, '--key', key, '--body', 'a.txt', ...args)
  const keys = async (prefix = '') =>
    (await aws('s3', 'ls', '--recursive', `s3://${bucket}/${prefix}`))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(31))

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'openbatch-objects-'))
    writeFileSync(join(folder, 'a.txt'), 'hello\n')
    await aws('s3', 'mb', `s3://${bucket}`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('cp goes up and down, and through standard input and output', async () => {
    await aws('s3', 'cp', 'a.txt', `s3://${bucket}/cp/a.txt`)
    expect(await aws('s3', 'cp', `s3://${bucket}/cp/a.txt`, '-')).toBe('hello\n')
    await shell(`printf streamed | aws s3 cp - s3://${bucket}/cp/stdin`)
    await aws('s3', 'cp', `s3://${bucket}/cp/stdin`, 'stdin')
    expect(readFileSync(join(folder, 'stdin'), 'utf8')).toBe('streamed')
    await aws('s3', 'cp', `s3://${bucket}/cp/a.txt`, `s3://${bucket}/cp/copy`)
    expect(await keys('cp/')).toEqual(['cp/a.txt', 'cp/copy', 'cp/stdin'])
  })

  test('ls shows directories and buckets', async () => {
    await aws('s3', 'cp', 'a.txt', `s3://${bucket}/ls/deep/er/a.txt`)
    expect(await aws('s3', 'ls', `s3://${bucket}/ls/`)).toContain('PRE deep/')
    expect(await aws('s3', 'ls')).toContain(bucket)
  })

  test('sync goes up and down, and does nothing the second time, whatever is in the names', async () => {
    for (const name of oddNames) {
      mkdirSync(join(folder, 'up', name, '..'), { recursive: true })
      writeFileSync(join(folder, 'up', name), name)
      utimesSync(join(folder, 'up', name), 1_700_000_000, 1_700_000_000)
    }
    expect((await aws('s3', 'sync', 'up', `s3://${bucket}/sync`)).match(/upload:/g)).toHaveLength(oddNames.length)
    expect(await aws('s3', 'sync', 'up', `s3://${bucket}/sync`)).toBe('')
    await aws('s3', 'sync', `s3://${bucket}/sync`, 'down')
    for (const name of oddNames) expect(readFileSync(join(folder, 'down', name), 'utf8')).toBe(name)
    expect(await aws('s3', 'sync', `s3://${bucket}/sync`, 'down')).toBe('')
    rmSync(join(folder, 'up', 'plain'))
    expect(await aws('s3', 'sync', '--delete', 'up', `s3://${bucket}/sync`)).toContain('delete:')
    expect((await keys('sync/')).sort()).toEqual(
      oddNames
        .slice(1)
        .map((name) => `sync/${name}`)
        .sort(),
    )
  })

  test('20 MB go up and down in parts, and are copied in parts', async () => {
    await shell('head -c 20000000 /dev/urandom > large')
    await aws('s3', 'cp', '--no-progress', 'large', `s3://${bucket}/parts/large`)
    await aws('s3', 'cp', '--no-progress', `s3://${bucket}/parts/large`, `s3://${bucket}/parts/copy`)
    await aws('s3', 'cp', '--no-progress', `s3://${bucket}/parts/copy`, 'large.copy')
    expect(await shell('cmp large large.copy && echo same')).toBe('same\n')
    await shell(
      `cat large | aws s3 cp - s3://${bucket}/parts/stream && aws s3 cp s3://${bucket}/parts/stream - | cmp - large`,
    )
    rmSync(join(folder, 'large'))
    rmSync(join(folder, 'large.copy'))
  })

  test('a large object goes up and down in parts', async () => {
    await shell(`head -c ${largeMegabytes}M /dev/urandom > large`)
    await aws('s3', 'cp', '--no-progress', 'large', `s3://${bucket}/large`)
    await shell(`aws s3 cp s3://${bucket}/large - | cmp - large`)
    rmSync(join(folder, 'large'))
  })

  test('an empty object is put and read', async () => {
    writeFileSync(join(folder, 'empty'), '')
    await aws('s3', 'cp', 'empty', `s3://${bucket}/empty`)
    expect(await aws('s3', 'cp', `s3://${bucket}/empty`, '-')).toBe('')
    rmSync(join(folder, 'empty'))
  })

  test('who does not sign, or signs with another secret, is refused', async () => {
    const unsigned = aws('s3api', 'list-objects-v2', '--bucket', bucket, '--no-sign-request')
    await expect(unsigned).rejects.toMatchObject({ code: 'AccessDenied' })
    const wrong = shell(`AWS_SECRET_ACCESS_KEY=wrong aws s3api list-objects-v2 --bucket ${bucket}`)
    await expect(wrong).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
  })

  test('s3api lists with a delimiter, and in pages', async () => {
    for (const name of ['d/1', 'd/2', 'e f', 'g+h']) await put(`pages/${name}`)
    const list = async (...args: string[]) =>
      JSON.parse(await aws('s3api', 'list-objects-v2', '--bucket', bucket, '--prefix', 'pages/', ...args))
    expect((await list('--delimiter', '/')).CommonPrefixes).toEqual([{ Prefix: 'pages/d/' }])
    const all = (await list('--page-size', '1')).Contents.map(({ Key }: { Key: string }) => Key)
    expect(all).toEqual(['pages/d/1', 'pages/d/2', 'pages/e f', 'pages/g+h'])
  })

  test('s3api tags an object', async () => {
    await put('tagged')
    const of = ['--bucket', bucket, '--key', 'tagged']
    await aws('s3api', 'put-object-tagging', ...of, '--tagging', 'TagSet=[{Key=k,Value=v w}]')
    const { TagSet } = JSON.parse(await aws('s3api', 'get-object-tagging', ...of))
    expect(TagSet).toEqual([{ Key: 'k', Value: 'v w' }])
  })

  test('a bad checksum is refused', async () => {
    const wrong = put('bad', '--content-md5', 'XUFAKrxLKna5cZ2REBfFkg==')
    await expect(wrong).rejects.toMatchObject({ code: 'BadDigest' })
  })

  // Debian's is older than conditional writes.
  test.skipIf(isDebians)('If-None-Match keeps what is there', async () => {
    await put('once', '--if-none-match', '*')
    await expect(put('once', '--if-none-match', '*')).rejects.toMatchObject({ code: 'PreconditionFailed' })
  })

  test('s3api deletes several objects', async () => {
    for (const name of ['one', 'two &']) await put(`several/${name}`)
    const Objects = ['several/one', 'several/two &', 'several/none'].map((Key) => ({ Key }))
    await aws('s3api', 'delete-objects', '--bucket', bucket, '--delete', JSON.stringify({ Objects }))
    const left = await aws('s3api', 'list-objects-v2', '--bucket', bucket, '--prefix', 'several/')
    expect(left).not.toContain('several/one')
    expect(left).not.toContain('several/two')
  })

  test('s3api lists an upload and its parts, and aborts it', async () => {
    const of = ['--bucket', bucket, '--key', 'upload']
    const { UploadId } = JSON.parse(await aws('s3api', 'create-multipart-upload', ...of))
    const own = [...of, '--upload-id', UploadId]
    await aws('s3api', 'upload-part', ...own, '--part-number', '2', '--body', 'a.txt')
    const { Parts } = JSON.parse(await aws('s3api', 'list-parts', ...own))
    expect(Parts).toMatchObject([{ PartNumber: 2, Size: 6 }])
    const { Uploads } = JSON.parse(await aws('s3api', 'list-multipart-uploads', '--bucket', bucket))
    expect(Uploads).toMatchObject([{ UploadId, Key: 'upload' }])
    await aws('s3api', 'abort-multipart-upload', ...own)
    await expect(aws('s3api', 'list-parts', ...own)).rejects.toMatchObject({ code: 'NoSuchUpload' })
  })

  test('presign makes a URL that anybody may read', async () => {
    await aws('s3', 'cp', 'a.txt', `s3://${bucket}/presigned +`)
    // The first version signs URLs as of old unless it is told.
    writeFileSync(join(folder, 'config'), '[default]\ns3 =\n  signature_version = s3v4\n')
    const url = (await shell(`AWS_CONFIG_FILE=config aws s3 presign 's3://${bucket}/presigned +'`)).trim()
    const [good, tampered] = await Promise.all([fetch(url), fetch(url.replace('Expires=3600', 'Expires=9999'))])
    expect([good.status, await good.text(), tampered.status]).toEqual([200, 'hello\n', 403])
  })

  test('s3api reads ranges, metadata and what is not there', async () => {
    await aws('s3', 'cp', 'a.txt', `s3://${bucket}/api`, '--metadata', 'sample=1', '--content-type', 'text/csv')
    const head = JSON.parse(await aws('s3api', 'head-object', '--bucket', bucket, '--key', 'api'))
    expect(head).toMatchObject({ ContentLength: 6, ContentType: 'text/csv', Metadata: { sample: '1' } })
    await aws('s3api', 'get-object', '--bucket', bucket, '--key', 'api', '--range', 'bytes=1-3', 'range')
    expect(readFileSync(join(folder, 'range'), 'utf8')).toBe('ell')
    await expect(aws('s3api', 'head-object', '--bucket', bucket, '--key', 'none')).rejects.toMatchObject({
      code: '404',
    })
    const none = ['s3api', 'get-object', '--bucket', bucket, '--key', 'none', 'none']
    await expect(aws(...none)).rejects.toMatchObject({ code: 'NoSuchKey' })
    await expect(aws('s3', 'ls', 's3://no-such-bucket')).rejects.toMatchObject({ code: 'NoSuchBucket' })
  })

  test('s3api keeps versions, and brings back what was deleted', async () => {
    const own = `${bucket}-versions`
    const api = async (command: string, ...args: string[]) => {
      const output = await aws('s3api', command, '--bucket', own, ...args)
      return output === '' ? {} : JSON.parse(output)
    }
    await aws('s3', 'mb', `s3://${own}`)
    await api('put-bucket-versioning', '--versioning-configuration', 'Status=Enabled')
    await aws('s3', 'cp', 'a.txt', `s3://${own}/o`)
    await shell(`printf changed | aws s3 cp - s3://${own}/o`)
    const { Versions } = await api('list-object-versions', '--max-items', '5')
    expect(Versions.map((it: { IsLatest: boolean }) => it.IsLatest)).toEqual([true, false])
    await api('get-object', '--key', 'o', '--version-id', Versions[1].VersionId, 'range')
    expect(readFileSync(join(folder, 'range'), 'utf8')).toBe('hello\n')
    await aws('s3', 'rm', `s3://${own}/o`)
    const { DeleteMarkers } = await api('list-object-versions')
    await api('delete-object', '--key', 'o', '--version-id', DeleteMarkers[0].VersionId)
    expect(await aws('s3', 'cp', `s3://${own}/o`, '-')).toBe('changed')
    await expect(aws('s3', 'rb', `s3://${own}`)).rejects.toMatchObject({ code: 'BucketNotEmpty' })
    const objects = Versions.map(({ VersionId }: { VersionId: string }) => ({ Key: 'o', VersionId }))
    await api('delete-objects', '--delete', JSON.stringify({ Objects: objects }))
    await aws('s3', 'rb', `s3://${own}`)
  })

  test('rm --recursive empties a bucket, and rb removes it', async () => {
    await aws('s3', 'rm', '--recursive', `s3://${bucket}/`)
    expect(await aws('s3', 'ls', `s3://${bucket}/`).catch(() => '')).toBe('')
    await aws('s3', 'rb', `s3://${bucket}`)
    expect(await aws('s3', 'ls')).not.toContain(bucket)
  })

  test('nothing of it is left in the folder but what was asked for', () => {
    expect(
      readdirSync(folder)
        .filter((name) => statSync(join(folder, name)).isFile())
        .sort(),
    ).toEqual(['a.txt', 'config', 'range', 'stdin'])
  })
}

/** The same through TLS, where the command line sends its checksums in trailers. */
export function exerciseCommandLineOverTls(installed: Installed, given: () => ObjectsSetting): void {
  test('objects go up and down over HTTPS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'openbatch-objects-'))
    try {
      const bucket = `cli-tls-${cliVersion(installed).replaceAll(/[^0-9]+/g, '-')}`.replace(/-$/, '')
      const script = `aws s3 mb s3://${bucket} && head -c 9000000 /dev/urandom > large && printf hello > small &&
        for name in large small; do
          aws s3 cp --no-progress $name s3://${bucket}/$name && aws s3 cp s3://${bucket}/$name - | cmp - $name || exit 1
        done; aws s3 rb --force s3://${bucket}`
      await run('sh', ['-c', script], cliEnvironment(installed, given()), folder)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}
