/**
 * How many turns a worker holds at once, so that the partitions that are awake are spread evenly: BullMQ gives a
 * job to whoever asks first, and of two workers one would hold 3 to 13 of 16. One more than its even share, so that
 * a place is free of those that only wait for mail.
 *
 * @param awake partitions whose turn is due or running, at all workers together.
 * @param workers that live, this one among them.
 * @param most whatever the others do.
 */
export function turnPlaces(awake: number, workers: number, most: number): number {
  if (workers <= 1 || awake === 0) return most;
  return Math.min(most, Math.ceil(awake / workers) + 1);
}
