/** Every type of event in plain words. `{place}` and the like are filled from the event; a test compares with the catalogue. */
import type { Word } from "./dictionary";

export const eventWords: Readonly<Record<string, Word>> = {
  "desk.registry.election.defined.v1": { id: "Pemilihan ditetapkan: {name}", en: "Election defined: {name}" },
  "desk.registry.contest.defined.v1": { id: "Daftar pilihan: {name}", en: "Contest defined: {name}" },
  "desk.registry.tps.registered.v1": { id: "{place}: data TPS dicatat", en: "{place}: TPS registered" },
  "desk.registry.tps_risk.assessed.v1": {
    id: "{place}: kerawanan {risk} {riskClass}",
    en: "{place}: {risk} risk {riskClass}",
  },
  "desk.registry.tps_roster.changed.v1": { id: "{place}: petugas diperbarui", en: "{place}: crew changed" },
  "desk.registry.tps_voters.counted.v1": { id: "{place}: pemilih dihitung", en: "{place}: voters counted" },
  "desk.registry.facility.changed.v1": {
    id: "{name}: data fasilitas diperbarui",
    en: "{name}: facility changed",
  },
  "desk.registry.area_roster.changed.v1": {
    id: "{place}: petugas wilayah diperbarui",
    en: "{place}: officers of the area changed",
  },
  "desk.registry.training.changed.v1": {
    id: "{place}: pelatihan petugas",
    en: "{place}: training of officers",
  },
  "desk.registry.personnel.changed.v1": {
    id: "{place}: personel pengamanan",
    en: "{place}: personnel of security",
  },
  "desk.registry.facility_request.changed.v1": {
    id: "{place}: permintaan fasilitas untuk memilih",
    en: "{place}: a facility asks for its people to vote",
  },
  "desk.registry.region_group.defined.v1": {
    id: "Kelompok wilayah ditetapkan: {title}",
    en: "Group of regions defined: {title}",
  },
  "desk.registry.tps_checklist.changed.v1": {
    id: "{place}: daftar periksa diperbarui",
    en: "{place}: checklist changed",
  },
  "desk.registry.tps_relocation.decided.v1": {
    id: "{place}: TPS dipindahkan dari {from_place}",
    en: "{place}: TPS moved from {from_place}",
  },
  "desk.registry.guarding_rules.defined.v1": {
    id: "Pola pengamanan TPS ditetapkan",
    en: "Guarding of TPS defined",
  },
  "desk.registry.campaign_rules.defined.v1": {
    id: "Aturan kampanye ditetapkan",
    en: "Campaign rules defined",
  },
  "desk.registry.outreach.changed.v1": { id: "{place}: kegiatan {title}", en: "{place}: activity {title}" },
  "desk.logistics.tps_supply.need_computed.v1": {
    id: "{place}: kebutuhan logistik dihitung",
    en: "{place}: need of supplies computed",
  },
  "desk.logistics.tps_supply.items_received.v1": {
    id: "{place}: perlengkapan dihitung",
    en: "{place}: items counted",
  },
  "desk.logistics.kecamatan_need.computed.v1": {
    id: "{place}: kotak cadangan dihitung",
    en: "{place}: spare boxes computed",
  },
  "desk.logistics.box.packed.v1": {
    id: "{place}: kotak {contest} dikemas",
    en: "{place}: {contest} box packed",
  },
  "desk.logistics.box.scanned.v1": {
    id: "{place}: kotak {contest} {box}",
    en: "{place}: {contest} box {box}",
  },
  "desk.logistics.box.received.v1": {
    id: "{place}: kotak {contest} diterima",
    en: "{place}: {contest} box received",
  },
  "desk.logistics.box.discrepancy_opened.v1": {
    id: "{place}: selisih pada kotak {contest}",
    en: "{place}: discrepancy of the {contest} box",
  },
  "desk.logistics.box.discrepancy_resolved.v1": {
    id: "{place}: selisih kotak {contest} diselesaikan",
    en: "{place}: discrepancy of the {contest} box settled",
  },
  "desk.logistics.box.voided.v1": {
    id: "{place}: kotak {contest} dibatalkan",
    en: "{place}: {contest} box voided",
  },
  "desk.logistics.shipment.planned.v1": {
    id: "Pengiriman ke {place} direncanakan",
    en: "Shipment to {place} planned",
  },
  "desk.logistics.shipment.dispatched.v1": {
    id: "Pengiriman ke {place} berangkat",
    en: "Shipment to {place} dispatched",
  },
  "desk.logistics.shipment.arrived.v1": {
    id: "Pengiriman ke {place} tiba",
    en: "Shipment to {place} arrived",
  },
  "desk.logistics.shipment.cancelled.v1": {
    id: "Pengiriman ke {place} dibatalkan",
    en: "Shipment to {place} cancelled",
  },
  "desk.logistics.warehouse.registered.v1": {
    id: "Gudang dicatat: {name}",
    en: "Warehouse registered: {name}",
  },
  "desk.logistics.warehouse.stock_counted.v1": {
    id: "{place}: stok gudang dihitung",
    en: "{place}: stock of a warehouse counted",
  },
  "desk.logistics.stray_scan.recorded.v1": {
    id: "{place}: pindaian kotak yang tidak dikenal",
    en: "{place}: scan of a box that is not known",
  },
  "desk.logistics.stray_scan.settled.v1": {
    id: "{place}: pindaian kotak dijelaskan",
    en: "{place}: stray scan settled",
  },
  "desk.incidents.incident.reported.v1": {
    id: "{place}: insiden {category} dilaporkan. {title}",
    en: "{place}: {category} incident reported. {title}",
  },
  "desk.incidents.incident.acknowledged.v1": {
    id: "{place}: insiden {category} diketahui {agency}. {title}",
    en: "{place}: {category} incident acknowledged by {agency}. {title}",
  },
  "desk.incidents.incident.acted.v1": {
    id: "{place}: insiden {category} ditangani {agency}. {title}",
    en: "{place}: {agency} acts on a {category} incident. {title}",
  },
  "desk.incidents.incident.closed.v1": {
    id: "{place}: insiden {category} selesai. {title}",
    en: "{place}: {category} incident closed. {title}",
  },
  "desk.incidents.incident.reopened.v1": {
    id: "{place}: insiden {category} dibuka lagi. {title}",
    en: "{place}: {category} incident reopened. {title}",
  },
  "desk.incidents.incident.rerouted.v1": {
    id: "{place}: insiden {category} dialihkan ke {agency}. {title}",
    en: "{place}: {category} incident given to {agency}. {title}",
  },
  "desk.incidents.incident.corrected.v1": {
    id: "{place}: data insiden {category} dikoreksi. {title}",
    en: "{place}: {category} incident corrected. {title}",
  },
  "desk.incidents.incident.extended.v1": {
    id: "{place}: waktu putusan laporan {category} diperpanjang. {title}",
    en: "{place}: time to decide a {category} report extended. {title}",
  },
  "desk.incidents.incident.marked_duplicate.v1": {
    id: "{place}: laporan {category} ganda. {title}",
    en: "{place}: {category} report is a duplicate. {title}",
  },
  "desk.incidents.incident.status_published.v1": {
    id: "{place}: insiden {category} {state}",
    en: "{place}: {category} incident {state}",
  },
  "desk.incidents.problem.registered.v1": {
    id: "{place}: masalah dicatat. {title}",
    en: "{place}: problem registered. {title}",
  },
  "desk.incidents.problem.revised.v1": {
    id: "{place}: masalah diperbarui. {title}",
    en: "{place}: problem revised. {title}",
  },
  "desk.incidents.problem.resolved.v1": {
    id: "{place}: masalah teratasi. {title}",
    en: "{place}: problem resolved. {title}",
  },
  "desk.incidents.problem.reopened.v1": {
    id: "{place}: masalah muncul lagi. {title}",
    en: "{place}: problem came back. {title}",
  },
  "desk.incidents.advice.given.v1": {
    id: "{place}: saran kepada {agency}. {title}",
    en: "{place}: advice to {agency}. {title}",
  },
  "desk.incidents.advice.settled.v1": {
    id: "{place}: saran ditindaklanjuti. {title}",
    en: "{place}: advice settled. {title}",
  },
  "desk.incidents.advice.reopened.v1": {
    id: "{place}: saran berlaku lagi. {title}",
    en: "{place}: advice stands again. {title}",
  },
  "desk.incidents.task.assigned.v1": {
    id: "{place}: tugas untuk {agency}. {title}",
    en: "{place}: task for {agency}. {title}",
  },
  "desk.incidents.task.settled.v1": {
    id: "{place}: tugas {agency} selesai. {title}",
    en: "{place}: task of {agency} settled. {title}",
  },
  "desk.incidents.task.reopened.v1": {
    id: "{place}: tugas {agency} dibuka lagi. {title}",
    en: "{place}: task of {agency} reopened. {title}",
  },
  "desk.incidents.clock.set.v1": { id: "Tenggat {category} ditetapkan", en: "Clock of {category} set" },
  "desk.incidents.route.set.v1": {
    id: "{place}: {category} disalurkan ke {agency}",
    en: "{place}: {category} routed to {agency}",
  },
  "desk.turnout.voting_day.milestone_recorded.v1": { id: "{place}: {milestone}", en: "{place}: {milestone}" },
  "desk.turnout.voting_day.turnout_recorded.v1": {
    id: "{place}: {total} pemilih sampai {slot}",
    en: "{place}: {total} voters up to {slot}",
  },
  "desk.turnout.voting_day.turnout_superseded.v1": {
    id: "{place}: laporan {slot} yang lebih lama disimpan",
    en: "{place}: an older report up to {slot} was kept",
  },
  "desk.turnout.voting_day.tps_changed.v1": {
    id: "{place}: keikutsertaan TPS dalam jumlah berubah",
    en: "{place}: whether the TPS is in the totals changed",
  },
  "desk.turnout.tally.entry_recorded.v1": {
    id: "{place}: formulir {contest} dientri",
    en: "{place}: {contest} form entered",
  },
  "desk.turnout.tally.entry_discarded.v1": {
    id: "{place}: entri {contest} ditarik",
    en: "{place}: {contest} entry taken back",
  },
  "desk.turnout.tally.disputed.v1": {
    id: "{place}: dua entri {contest} berbeda",
    en: "{place}: two {contest} entries differ",
  },
  "desk.turnout.tally.verified.v1": {
    id: "{place}: formulir {contest} terverifikasi",
    en: "{place}: {contest} form verified",
  },
  "desk.turnout.tally.return_requested.v1": {
    id: "{place}: pengembalian formulir {contest} diminta",
    en: "{place}: return of the {contest} form asked for",
  },
  "desk.turnout.tally.returned.v1": {
    id: "{place}: formulir {contest} dikembalikan",
    en: "{place}: {contest} form returned",
  },
  "desk.turnout.tally.tps_changed.v1": {
    id: "{place}: keikutsertaan formulir {contest} dalam jumlah berubah",
    en: "{place}: whether the {contest} form is in the totals changed",
  },
};

/** An event that the page does not know yet (types may grow). */
export const unknownEvent: Word = { id: "{place}: {type}", en: "{place}: {type}" };
