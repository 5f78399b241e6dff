// Reads a hub, filled by .ci/audit, with a client that was written for
// Statuspage and knows nothing of us. A line: what it asked for, 1 if the answer
// is right, what it said.
import { Statuspage } from "statuspage.io";

const [, , hub] = process.argv;
const client = new Statuspage("hub");
client.setApiUrl(hub);
const { api } = client;

const one = (list, id) => list.find((entry) => entry.name === id);
const checks = {
  summary: async () => {
    const { page, components, scheduled_maintenances: works } = await api.getSummary();
    const late = one(works, "Student records move to database 17");
    return [
      page.url === hub && late?.status === "in_progress" && late.incident_updates.length > 0 &&
        one(components, "Campus solutions")?.status === "major_outage",
      `${works.length} maintenances, ${components.length} components`,
    ];
  },
  status: async () => {
    const { status } = await api.getStatus();
    return [status.indicator === "major", status.description];
  },
  components: async () => {
    const { components } = await api.getComponents();
    return [one(components, "Student portal")?.status === "degraded_performance", `${components.length} components`];
  },
  incidents: async () => {
    const { incidents } = await api.incidents.getAll();
    return [incidents.length === 0, `${incidents.length} incidents`];
  },
  maintenances: async () => {
    const { scheduled_maintenances: works } = await api.scheduledMaintenances.getUpcoming();
    const next = one(works, "Library catalogue, release 18");
    return [next?.status === "scheduled" && new Date(next.scheduled_for) > new Date(), `${works.length} to come`];
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    const [right, said] = await check();
    console.log(`${name}\t${right ? 1 : 0}\t${said}`);
  } catch (error) {
    console.log(`${name}\t0\t${error.message}`);
  }
}
