/** What the gateway answers, as far as the page reads it. The whole is in the gateway's OpenAPI document. */
export interface Source {
  service: string;
  as_of: string | null;
  lag_s: number | null;
}

export interface Turnout {
  tps_reported: number;
  tps_total: number;
  men: number | null;
  women: number | null;
  total: number | null;
  ratio: number | null;
  target_ratio: number;
  target_source: string;
}

export interface SlotTurnout {
  slot: string;
  tps_reported: number;
  men: number;
  women: number;
  total: number;
}

export interface PointPart {
  name: string;
  name_id: string;
  unit: string;
  done: number;
  of: number;
  not_known: number;
}

export interface DeskPoint {
  number: number;
  name: string;
  name_id: string;
  status: string;
  unit: string;
  done: number | null;
  of: number | null;
  not_known: number | null;
  threshold_ratio: number;
  parts: PointPart[];
  missing: string[];
  missing_id: string[];
}

export interface Deadline {
  of: string;
  at: string;
  seconds_left: number;
  count: number;
}

export interface CategoryCount {
  category: string;
  open: number | null;
  overdue: number | null;
  states: Record<string, number>;
}

export interface Overview {
  election: string;
  election_name: string | null;
  voting_date: string | null;
  region: string;
  region_name: string;
  region_path: string;
  region_level: string;
  rehearsal: boolean;
  tps_total: number;
  tps_special: number;
  dpt_total: number;
  milestones: Record<string, number>;
  coverage: {
    tps_total: number;
    tps_opened: number;
    tps_reported: number;
    forms_expected: number;
    forms_in: number;
    forms_held: number;
    forms_disputed: number;
    forms_entered_once: number;
  };
  turnout: Turnout;
  slots: SlotTurnout[];
  boxes: { needed: number; tps_done: number; tps_discrepancy: number; tps_overdue: number } | null;
  incidents: {
    open: number | null;
    overdue: number | null;
    categories: CategoryCount[];
    severities: Record<string, number>;
  };
  points: DeskPoint[];
  next_deadlines: Deadline[];
  as_of: string;
  answered_at: string;
  sources: Source[];
  cursor: string;
}

export interface ChoiceResult {
  number: number;
  name: string;
  kind: string;
  votes: number | null;
  share: number | null;
}

export interface ContestResult {
  contest: string;
  name: string;
  withheld_until: string | null;
  choices: ChoiceResult[];
  leader: { number: number; name: string; share: number; margin: number; margin_ratio: number } | null;
  valid: number | null;
  invalid: number | null;
  total: number | null;
  users: number | null;
  tps_in: number;
  tps_total: number;
  tps_held: number;
  tps_disputed: number;
  tps_entered_once: number;
}

export interface Results {
  contests: ContestResult[];
  as_of: string;
}

export interface RegionChild {
  code: string;
  name: string;
  level: string;
  tps_total: number;
  dpt_total: number;
  tps_opened: number;
  tps_reported: number;
  voted_ratio: number | null;
  forms_expected: number;
  forms_in: number;
}

export interface Region {
  code: string;
  name: string;
  level: string;
  path: string;
  parent: string | null;
  zone: string | null;
  children: RegionChild[];
}

export interface Elections {
  items: { election: string; region: string | null }[];
}

/** An incident of the list. */
export interface Incident {
  incident_id: string;
  category: string;
  severity: string;
  state: string;
  agency: string;
  region_code: string;
  tps_code: string | null;
  title: string;
  reported_at: string;
  overdue: boolean;
}

/** GeoJSON (RFC 7946); a TPS whose place is not known has no geometry. */
export interface TpsFeature {
  type: "Feature";
  geometry: { type: "Point"; coordinates: [number, number] } | null;
  properties: TpsProperties;
}

export interface TpsProperties {
  code: string;
  place: string;
  region_name: string;
  dpt_total: number;
  milestone: string | null;
  voted_total: number | null;
  voted_ratio: number | null;
  hazard_class: string | null;
  boxes_state: string | null;
  forms_in: number;
  forms_total: number;
}

export interface TpsMap {
  features: TpsFeature[];
  attribution: string | null;
}

export interface RosterCount {
  slots: number;
  named: number;
  trained: number;
}

/** All services' picture of one TPS, as far as the token may see it; what it may not is null. */
export interface TpsSituation {
  tps: {
    tps_code: string;
    kpu_code: string;
    kind: string;
    place: string;
    address: string;
    region_name: string;
    dpt_men: number;
    dpt_women: number;
    milestone: string | null;
    voted_slot: string | null;
    voted_total: number | null;
    voted_ratio: number | null;
    contests: string[];
    accessible: boolean | null;
  };
  voting_day: { milestones?: Record<string, string> } | null;
  forms: { contest: string; state: string }[];
  risks: { kind: string; risk_class: string | null; source: string }[] | null;
  crew: { kpps: RosterCount; linmas: RosterCount; ptps: RosterCount } | null;
  boxes:
    | {
        box_id: string;
        contest: string;
        state: string;
        received_at: string | null;
        open_discrepancies: unknown[];
      }[]
    | null;
  incidents: Incident[] | null;
  hidden: string[];
  as_of: string;
}

/** CloudEvents 1.0 as JSON, with the desk's attributes. */
export interface DeskEvent {
  id: string;
  type: string;
  subject: string;
  time: string;
  occurredat: string;
  contest?: string | null;
  data: Record<string, unknown>;
}
