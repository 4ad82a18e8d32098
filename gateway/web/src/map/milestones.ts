/** The milestones of a day that goes as planned, in order, and the palette's name for each. */
export const DAY = ["ready", "opened", "voting_closed", "counting_started", "form_posted"] as const;

export const COLOURS: Readonly<Record<string, string>> = {
  not_reported: "m-none",
  ready: "m-ready",
  opened: "m-opened",
  voting_closed: "m-voting-closed",
  counting_started: "m-counting-started",
  form_posted: "m-form-posted",
};
