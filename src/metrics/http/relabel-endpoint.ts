import { stringify } from 'yaml'
import { validationSchemeOf } from '../config/global-config.ts'
import { PRINTING } from '../config/prometheus-config.ts'
import { SCRAPE_CONFIG, type ScrapeConfig } from '../config/scrape-config.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import { labelsOf } from '../model/labels.ts'
import { relabelBuilder } from '../relabel/relabel.ts'
import { formOf, type WebRequest } from '../../world/web.ts'
import { type Answer, answerOf } from './answer.ts'
import { badData } from './api-error.ts'

type ConfigOfPool = (pool: string) => ScrapeConfig | undefined

/** `/scrape_pools/config`: a job with all that it leaves out, without its secrets. */
export async function scrapePoolConfig(request: WebRequest, configOf: ConfigOfPool): Promise<Answer> {
  const config = poolConfig(await formOf(request), configOf)
  return answerOf({ yaml: stringify(SCRAPE_CONFIG.print(config), PRINTING) })
}

/** `/targets/relabel_steps`: what each rule of a job makes of labels. */
export async function relabelSteps(request: WebRequest, configOf: ConfigOfPool): Promise<Answer> {
  const form = await formOf(request)
  if ((form.get('scrapePool') ?? '') === '') throw badData('no scrapePool parameter provided')
  const text = form.get('labels') ?? ''
  if (text === '') throw badData('no labels parameter provided')
  const builder = new LabelBuilder(labelsOf(readLabels(text)))
  const config = poolConfig(form, configOf)
  const printed = SCRAPE_CONFIG.print(config) as { readonly relabel_configs?: readonly unknown[] }
  let keep = true
  const steps = config.relabel_configs.map((rule, index) => {
    keep &&= relabelBuilder(builder, [rule], validationSchemeOf(config))
    return { rule: printed.relabel_configs?.[index], output: keep ? builder.build().toObject() : {}, keep }
  })
  return answerOf({ steps })
}

function poolConfig(form: URLSearchParams, configOf: ConfigOfPool): ScrapeConfig {
  const pool = form.get('scrapePool') ?? ''
  if (pool === '') throw badData('no scrapePool parameter provided')
  const config = configOf(pool)
  if (config === undefined)
    throw badData(`error retrieving scrape config: scrape pool ${JSON.stringify(pool)} not found`)
  return config
}

function readLabels(text: string): Readonly<Record<string, string>> {
  try {
    const read: unknown = JSON.parse(text)
    const isMap = typeof read === 'object' && read !== null && !Array.isArray(read)
    if (isMap && Object.values(read).every((value) => typeof value === 'string')) return read as Record<string, string>
  } catch (error) {
    throw badData(`error parsing labels: ${(error as Error).message}`)
  }
  throw badData('error parsing labels: a map of texts is wanted')
}
