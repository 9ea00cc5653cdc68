// The certified OpenID provider for Node with Keycloak's addresses, as one realm of one client.
// argv: port, redirect address, address after signing out. stdin: "disable NAME" a line. Prints "ready" once it listens.
import http from "node:http";
import readline from "node:readline";
import Provider from "oidc-provider";

const [port, redirectUri, home] = process.argv.slice(2);
const REALM = "/realms/tests";
const people = new Map(
  ["operator", "viewer", "stranger"].map((name) => [
    name,
    { sub: `node|${name}`, preferred_username: name, email: `${name}@example.test`, given_name: name, family_name: "Node" },
  ]),
);
const byId = (id) => [...people.values()].find((person) => person.sub === id);

const provider = new Provider(`http://127.0.0.1:${port}${REALM}`, {
  clients: [
    {
      client_id: "printer-inventory",
      client_secret: "a-secret-for-tests",
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [home],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  routes: {
    authorization: "/protocol/openid-connect/auth",
    token: "/protocol/openid-connect/token",
    userinfo: "/protocol/openid-connect/userinfo",
    jwks: "/protocol/openid-connect/certs",
    end_session: "/protocol/openid-connect/logout",
  },
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["preferred_username", "given_name", "family_name"], email: ["email"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `${REALM}/interaction/${interaction.uid}` },
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
  findAccount: async (_ctx, id) => {
    const person = byId(id);
    return person && { accountId: id, claims: async () => person };
  },
  // The realm trusts its own client, as a company's does: nobody is asked for consent.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
  cookies: { keys: ["only for tests"] },
});

async function interaction(request, response) {
  await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    response.setHeader("Content-Type", "text/html");
    response.end(`<form method="post" action="${request.originalUrl}"><input name="username"><input name="password"></form>`);
    return;
  }
  let body = "";
  for await (const piece of request) body += piece;
  const fields = new URLSearchParams(body);
  const person = people.get(fields.get("username"));
  if (!person || fields.get("password") !== `pw-${fields.get("username")}`) {
    response.statusCode = 401;
    response.end("wrong");
    return;
  }
  await provider.interactionFinished(request, response, { login: { accountId: person.sub } });
}

const callback = provider.callback();
const server = http.createServer((request, response) => {
  if (!request.url.startsWith(`${REALM}/`)) {
    response.statusCode = 404;
    response.end();
    return;
  }
  request.originalUrl = request.url;
  request.url = request.url.slice(REALM.length);
  if (request.url.startsWith("/interaction/")) {
    interaction(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  } else {
    callback(request, response);
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
readline.createInterface({ input: process.stdin }).on("line", (line) => people.delete(line.replace("disable ", "")));
process.stdin.on("end", () => process.exit(0));
