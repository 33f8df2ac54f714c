/** A few choices kept in the address, so that reload, Back and a copied link show the same view. */
import { reactive, watch } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'

type Values = Record<string, string>
/** Names that only the company knows: whether this is one of them. Their default is "". */
type Family = (name: string) => boolean

/** What the address says, each value its default where it says nothing; of a family all members that it names. */
export function fromQuery<T extends Values>(query: LocationQuery, defaults: T, family?: Family): T {
  const pick = ([name, usual]: [string, string]) => [name, typeof query[name] === 'string' ? query[name] : usual]
  const members = family ? Object.keys(query).filter(family).map((name): [string, string] => [name, '']) : []
  return Object.fromEntries([...members, ...Object.entries(defaults)].map(pick)) as T
}

/** The address for these values: what is as usual is left out, what belongs to others stays. */
export function toQuery<T extends Values>(query: LocationQuery, values: T, defaults: T): LocationQuery {
  const result = { ...query }
  for (const [name, value] of Object.entries(values)) {
    if (value === (defaults[name] ?? '')) delete result[name]
    else result[name] = value
  }
  return result
}

/** Values one can bind to; they follow the address and are written there. */
export function useAddress<T extends Values>(defaults: T, family?: Family): T {
  const route = useRoute()
  const router = useRouter()
  const page = route.name
  const values = reactive(fromQuery(route.query, defaults, family)) as T

  watch(
    () => route.query,
    (query) => {
      // On the way to another page its address is not ours.
      if (route.name !== page) return
      const members = family ? Object.keys(values).filter(family).map((name) => [name, '']) : []
      Object.assign(values, Object.fromEntries(members), fromQuery(query, defaults, family))
    },
  )
  watch(values, () => {
    if (route.name === page) void router.replace({ query: toQuery(route.query, values, defaults) })
  })
  return values
}
