/** Rows of a list that are ticked, for something to be done with all of them. */
import { computed, ref, watch, type Ref } from 'vue'

/** `choosable`: those that may be ticked now. What is none of them any more is not ticked either. */
export function useChosen<Row extends { id: number }>(choosable: Readonly<Ref<Row[]>>) {
  const chosen = ref<number[]>([])
  const chosenRows = computed(() => choosable.value.filter((one) => chosen.value.includes(one.id)))
  const allChosen = computed(() => choosable.value.length > 0 && chosenRows.value.length === choosable.value.length)

  watch(choosable, (now) => (chosen.value = chosen.value.filter((id) => now.some((one) => one.id === id))))

  function toggleAll(): void {
    chosen.value = allChosen.value ? [] : choosable.value.map((one) => one.id)
  }

  return { chosen, chosenRows, allChosen, toggleAll }
}
