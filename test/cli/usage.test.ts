import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pushforward } from './run.js'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

describe.concurrent('pushforward', () => {
  test('--version prints the version of the package', async () => {
    expect(await pushforward(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('without a command prints its help to stderr and exits with 2', async () => {
    const { code, stdout, stderr } = await pushforward([])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('pushforward sample latest --rows 1000 > samples.csv')
  })

  test.each([
    [['--help'], ['train', 'sample', 'score', '--version', 'Examples']],
    [
      ['train', '--help'],
      ['train [DATA]', '--weight-decay RATE', '130', 'Examples\n  pushforward train'],
    ],
    [
      ['help', 'sample'],
      ['sample MODEL', '--temperature T', 'Examples\n  pushforward sample'],
    ],
    [
      ['sample', '-h'],
      ['sample MODEL', '--temperature T', 'Examples\n  pushforward sample'],
    ],
    [
      ['score', 'model', '--help'],
      ['score MODEL DATA', 'log_prob', 'Examples\n  pushforward score'],
    ],
    [
      ['show', '--help'],
      ['show MODEL', '--json', 'Examples\n  pushforward show latest'],
    ],
    [
      ['data', '--help'],
      ['data [NAME]', '--rows N', 'Examples\n  pushforward data'],
    ],
  ])('%j goes to stdout and exits with 0', async (args, parts) => {
    const { code, stdout, stderr } = await pushforward(args)
    expect([code, stderr]).toEqual([0, ''])
    for (const part of parts) expect(stdout).toContain(part)
  })

  const refusals: [string, RegExp][] = [
    ['trian', /There is no command trian\. Did you mean train\?/],
    [
      '--verbose',
      /There is no option --verbose\. Commands are train, sample, score, predict, show, report, data, doctor, completion\./,
    ],
    ['train --lyaers 3', /train has no option --lyaers\. Did you mean --layers\?/],
    ['train --momentum=3', /train has no option --momentum\. See pushforward train --help\./],
    ['sample model --steps 3', /sample has no option --steps\./],
    ['train -x', /train has no option -x\./],
    ['train --steps', /--steps needs a value: --steps N\./],
    ['train --steps --lr 1', /--steps needs a value: --steps N\./],
    ['train --lr -1', /--lr needs a value: --lr RATE; a negative one is given as --lr=-1\./],
    ['train --steps 1.5', /--steps is "1\.5"; expected an integer from 1 to 100000000\./],
    ['train --steps 200000000', /--steps is "200000000"; expected an integer from 1 to 100000000\./],
    ['train --steps 0', /--steps is "0"; expected an integer from 1 to 100000000\./],
    ['train --rows 0x10', /--rows is "0x10"; expected an integer from 2 to 536870912\./],
    ['train --seed=-1', /--seed is "-1"; expected an integer ≥ 0\./],
    ['train --lr=-1e-3', /--lr is "-1e-3"; expected a finite number ≥ 0\./],
    ['train --lr fast', /--lr is "fast"; expected a finite number ≥ 0\./],
    ['train --validation 1', /--validation is "1"; expected a share from 0 to below 1\./],
    ['train --hidden 64,,64', /--hidden is "64,,64"; expected one or more widths ≥ 1, such as 4 or 64,64\./],
    ['train --hidden 100000,100000', /This flow would have 90\d+ parameters; expected at most 268435456/],
    ['train --rows 600000000', /--rows is "600000000"; expected an integer from 2 to 536870912\./],
    ['train --threads 1000', /--threads is "1000"; expected auto, or an integer from 0 to 256\./],
    ['train --kernels smid', /--kernels is "smid"; expected auto, simd, portable\. Did you mean simd\?/],
    ['train --kernels gpu', /--kernels is "gpu"; expected auto, simd, portable\./],
    ['train --patience never', /--patience is "never"; expected off, or an integer ≥ 0\./],
    ['train --fourier 0', /--fourier is "0"; expected an integer ≥ 1\./],
    ['train --flow nsf --fourier 100', /fourier's count is 100; expected an integer from 1 to 64\./],
    ['train --fourier 4', /tutorial has no option "fourier"; it takes layers, hidden, activation, dropout\./],
    ['train --batch 0', /--batch is "0"; expected all, or an integer ≥ 1\./],
    ['train jang points.csv', /Usage is pushforward train \[DATA\]; "points\.csv" is one too many\./],
    ['sample', /Usage is pushforward sample MODEL; got nothing\./],
    ['score model', /Usage is pushforward score MODEL DATA; got only model\./],
    ['train jagn', /There is no file or generator jagn\. Did you mean the generator jang\?/],
    [
      'train point',
      /There is no file or generator point\. Generators are jang, moons, 8gaussians, circles, rings, .*\./,
    ],
    ['train points.csv', /There is no file points\.csv\.$/m],
    ['train packge.json', /There is no file packge\.json\. Did you mean package\.json\?/],
    ['train ./src/cli/trian.ts', /There is no file \.\/src\/cli\/trian\.ts\. Did you mean \.\/src\/cli\/train\.ts\?/],
    ['train no/such/points.csv', /There is no file no\/such\/points\.csv: there is no folder no\/such\.$/m],
    [
      'show README.md',
      /README\.md: Not a valid safetensors file: .* MODEL is a run folder, a model file, or latest\.$/m,
    ],
    ['train jang --columns x1,x2', /--columns is for files; jang is a generator\./],
    ['train jang --where a', /--where is "a"; expected COLUMN=VALUE, such as species=2\./],
    ['train jang --columns a,,b', /--columns is "a,,b"; expected names between commas, such as x,y\./],
    ['train --test 1', /--test is "1"; expected a share from 0 to below 1\./],
    ['train --plots never', /--plots is "never"; expected auto, on, off\./],
    ['train --json=yes', /--json takes no value\./],
    ['train --config no-such.json', /--config no-such\.json cannot be read: ENOENT/],
    ['train --out /proc/no/such', /--out \/proc\/no\/such cannot be used: ENOENT.* Give a new folder/],
    ['train --flow nfs', /--flow is "nfs", which is no preset and no \.json file\. Did you mean nsf\?/],
    ['train --activation glu', /--activation is "glu"; expected tanh, relu, silu, gelu\. Did you mean gelu\?/],
    ['train --preprocess robsut', /--preprocess is "robsut"; expected .*\. Did you mean robust\?/],
    ['train --flow nsf --frozen bse', /--frozen has "bse"; .*\. Did you mean base\?/],
    ['train --set optimizer.betta1=1', /"optimizer\.betta1", but optimizer has no such option\. Did you mean beta1\?/],
    ['train --set lr=1e-2', /--set names "lr", which is no option of a fit\. That is --lr\./],
    [
      'report a b --out no/such/compare.html',
      /--out no\/such\/compare\.html: there is no folder no\/such\. Make it first\./,
    ],
    ['report a b --out test', /--out test is a folder; expected a file\./],
    ['comletion bash', /There is no command comletion\. Did you mean completion\?/],
    ['data jnag', /There is no generator jnag\. Did you mean jang\?/],
    ['data spirals', /There is no generator spirals\. Did you mean 2spirals\?/],
    ['train 8gausians', /There is no file or generator 8gausians\. Did you mean the generator 8gaussians\?/],
    ['show', /Usage is pushforward show MODEL; got nothing\./],
    ['sample no-such-model', /There is no model at no-such-model; give a model\.safetensors/],
  ]

  test.each(refusals)('%s exits with 2, one line of cause and way out', async (line, message) => {
    const { code, stdout, stderr } = await pushforward(line.split(' '))
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^pushforward: [^\n]*\n$/)
    expect(stderr).toMatch(message)
  })

  test('PUSHFORWARD_DEBUG shows where an error comes from', async () => {
    const { stderr } = await pushforward(['train', 'jagn'], { env: { PUSHFORWARD_DEBUG: '1' } })
    expect(stderr).toMatch(/UsageError: There is no file.*\n\s+at checkFile/)
  })
})
