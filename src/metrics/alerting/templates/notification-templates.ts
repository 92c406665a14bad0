import type { Escaping } from '../../templates/template.ts'
import { TemplateSet } from '../../templates/template.ts'
import { GoError, textOf, type Value } from '../../templates/values.ts'
import type { LabelSet } from '../matchers/alert-matcher.ts'
import { defaultTemplates } from './default-templates.ts'
import { notificationFunctions } from './notification-functions.ts'

/** What the labels of a route are while a template runs. */
export interface RouteLabels {
  readonly labels: LabelSet
  /** Their values are texts already, and no templates any more. */
  readonly isRendered: boolean
}

const NO_ROUTE_LABELS: RouteLabels = { labels: {}, isRendered: true }

/** The templates of a configuration, the default ones among them. */
export class NotificationTemplates {
  #set: TemplateSet

  constructor(now: () => number) {
    this.#set = new TemplateSet(notificationFunctions(now)).with('', defaultTemplates())
  }

  /** Adds what a file defines; `name` is the file's. Throws a `TemplateParseError`. */
  add(name: string, text: string): void {
    this.#set = this.#set.with(name, text)
  }

  /** What a text says about the data. Throws a `TemplateParseError` or a `TemplateError`. */
  render(text: string, data: Value, options: { escaping?: Escaping; routeLabels?: RouteLabels } = {}): string {
    if (text === '') return ''
    const { escaping = 'text', routeLabels = NO_ROUTE_LABELS } = options
    return new Rendering(this.#set, data, { escaping, routeLabels }).render(text)
  }

  /** All labels of a route as texts; those that cannot be rendered are left out, and told. */
  renderRouteLabels(labels: LabelSet, data: Value, onFailure: (name: string, failure: unknown) => void): LabelSet {
    const rendering = new Rendering(this.#set, data, { escaping: 'text', routeLabels: { labels, isRendered: false } })
    const rendered: Record<string, string> = {}
    for (const name of Object.keys(labels)) {
      try {
        rendered[name] = rendering.routeLabel(name)
      } catch (failure) {
        onFailure(name, failure)
      }
    }
    return rendered
  }
}

/** One run: labels of the route are templates that may name each other, each is rendered once. */
class Rendering {
  readonly #set: TemplateSet
  readonly #data: Value
  readonly #escaping: Escaping
  readonly #routeLabels: RouteLabels
  readonly #known = new Map<string, string>()
  /** Labels that are being rendered, the outermost first. */
  readonly #stack: string[] = []

  constructor(set: TemplateSet, data: Value, options: { escaping: Escaping; routeLabels: RouteLabels }) {
    const { escaping, routeLabels } = options
    this.#set = set.withFunctions({
      routeLabels: { parameters: ['string'], call: ([name]) => this.routeLabel(textOf(name)) },
    })
    this.#data = data
    this.#escaping = escaping
    this.#routeLabels = routeLabels
  }

  render(text: string): string {
    return this.#set.with('', text).render('', this.#data, { escaping: this.#escaping })
  }

  routeLabel(name: string): string {
    const { labels, isRendered } = this.#routeLabels
    const value = labels[name]
    if (value === undefined) return ''
    if (isRendered) return value
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#stack.includes(name)) {
      throw new GoError(`route label cycle detected: ${[...this.#stack, name].join(' -> ')}`)
    }
    this.#stack.push(name)
    const rendered = this.render(value)
    this.#stack.pop()
    this.#known.set(name, rendered)
    return rendered
  }
}
