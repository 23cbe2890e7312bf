//! TLS at the doors where agents and people come: versions and protocols, what is not spoken, and files that are wrong.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::tls::Version;
use reqwest::{Certificate, ClientBuilder, Response};
use serde_json::json;
use tollgate::config;
use tollgate::diagnostic::Source;

use super::client::{Served, agent_token, person_token};
use crate::world::{World, program};

/// A certificate and its key, both in PEM.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// A world whose doors have this certificate.
fn world((certificate, key): &(String, String)) -> World {
    let world = World::new();
    let port = || TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let [agents, people] = [port(), port()].map(|port| format!("127.0.0.1:{port}"));
    let doors = format!("agents = \"{agents}\"\npeople = \"{people}\"\nadmin = \"127.0.0.1:0\"");
    let files = "certificate = \"tls/cert.pem\"\nkey = \"tls/key.pem\"";
    world.write("tollgate.toml", &format!("{}\n[serve]\n{doors}\n{files}\n", world.read("tollgate.toml")));
    world.write("tls/cert.pem", certificate);
    world.write("tls/key.pem", key);
    allow(&world, 0o600);
    world
}

/// Sets the mode of the key.
fn allow(world: &World, mode: u32) {
    std::fs::set_permissions(world.path("tls/key.pem"), std::fs::Permissions::from_mode(mode)).expect("its mode");
}

/// A client that trusts this certificate alone.
fn client(certificate: &str) -> ClientBuilder {
    let root = Certificate::from_pem(certificate.as_bytes()).expect("a certificate");
    reqwest::Client::builder().no_proxy().tls_certs_only([root]).timeout(Duration::from_secs(60))
}

async fn get(client: ClientBuilder, door: SocketAddr, path: &str, token: &str) -> reqwest::Result<Response> {
    client.build()?.get(format!("https://{door}{path}")).bearer_auth(token).send().await
}

#[tokio::test]
async fn both_doors_speak_tls_and_http_as_their_clients_do() {
    let certificate = certificate();
    let world = world(&certificate);
    let served = Served::with(&world, "");
    let (agent, person) = (agent_token(&world, "cli", "ben", "s1"), person_token(&world, "ben"));
    for (door, path, token) in [(served.agents, "/v1/tools", &agent), (served.people, "/v1/approvals", &person)] {
        for version in [Version::TLS_1_2, Version::TLS_1_3] {
            let client = || client(&certificate.0).tls_version_min(version).tls_version_max(version);
            for (client, http) in [(client(), reqwest::Version::HTTP_2), (client().http1_only(), reqwest::Version::HTTP_11)]
            {
                let answer =
                    get(client, door, path, token).await.unwrap_or_else(|why| panic!("{version:?}, {http:?}: {why:?}"));
                assert_eq!((answer.status().as_u16(), answer.version()), (200, http), "{path} by {version:?}");
            }
        }
        // Somebody else's certificate is not this one's: the client was really shown it.
        let (strange, _) = self::certificate();
        assert!(get(client(&strange), door, path, token).await.is_err(), "a certificate that it does not know");
        let plain = spoken_plainly(door);
        assert!(!plain.contains("HTTP/"), "{plain}");
    }
    // What a client is told about tokens is to be fetched by TLS too.
    let told = get(client(&certificate.0), served.agents, "/v1/tools", "none").await.expect("an answer");
    let challenge = told.headers()["www-authenticate"].to_str().expect("text");
    assert!(challenge.contains(&format!("resource_metadata=\"https://{}/", served.agents)), "{challenge}");
}

/// What a request without TLS is answered.
fn spoken_plainly(door: SocketAddr) -> String {
    let mut stream = TcpStream::connect(door).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    let request = format!("GET /v1/openapi.json HTTP/1.1\r\nhost: {door}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sending");
    let mut answer = Vec::new();
    // It may close at once, with what was not read still under way.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// An answer in several writes does not wait for the other side's acknowledgement, which comes after 40 ms.
#[expect(clippy::disallowed_macros, reason = "a figure that a reader of the run wants")]
#[tokio::test]
async fn calls_over_a_kept_connection_lose_no_time_to_small_packets() {
    let certificate = certificate();
    let world = world(&certificate);
    let served = Served::with(&world, "");
    let token = agent_token(&world, "cli", "ben", "s1");
    for client in [client(&certificate.0).http1_only(), client(&certificate.0)] {
        let client = client.build().expect("a client");
        // Again where the machine was busy with other tests: what waits for acknowledgements does so every time.
        let mut medians = Vec::new();
        while medians.len() < 3 && medians.last().is_none_or(|median| *median >= Duration::from_millis(20)) {
            medians.push(median(&served, &client, &token).await);
        }
        println!("50 calls over one TLS connection: median {medians:?}");
        assert!(medians.last().is_some_and(|median| *median < Duration::from_millis(20)), "{medians:?}");
    }
}

/// Of 50 calls, one after the other.
async fn median(served: &Served, client: &reqwest::Client, token: &str) -> Duration {
    let meta =
        json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} });
    let params = json!({ "name": "probe_nothing", "arguments": {}, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let mut times = Vec::new();
    for _ in 0..50 {
        let request = client.post(format!("https://{}/mcp", served.agents)).bearer_auth(token).json(&body);
        let named = [("mcp-method", "tools/call"), ("mcp-name", "probe_nothing"), ("mcp-protocol-version", "2026-07-28")];
        let request = named.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let began = Instant::now();
        let answer = request.header("accept", "application/json, text/event-stream").send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/event-stream", "it comes in several writes");
        let text = answer.text().await.expect("its body");
        times.push(began.elapsed());
        assert!(text.contains("\"dev.tollgate/outcome\":\"returned\""), "{text}");
    }
    times.sort_unstable();
    times[25]
}

#[test]
fn what_is_wrong_with_the_files_is_said_before_anything_listens() {
    let (certificate, key) = certificate();
    let world = world(&(certificate.clone(), key.clone()));
    let other = self::certificate().1;
    let cut = certificate.replacen("MII", "M", 1);
    let cases = [
        ("others may read the key", certificate.as_str(), key.as_str(), 0o640, ["others may read it", "chmod 600"]),
        ("anybody may", &certificate, &key, 0o604, ["others may read it", "chmod 600"]),
        (
            "no certificate in the file",
            "nothing\n",
            &key,
            0o600,
            ["there is no certificate in it", "`certificate` under [serve]"],
        ),
        ("one that is cut", &cut, &key, 0o600, ["reading the certificate", "`certificate` under [serve]"]),
        ("a key that is none", &certificate, "nothing\n", 0o600, ["reading the key", "`key` under [serve]"]),
        ("another one's key", &certificate, &other, 0o600, ["reading the certificate", "`certificate` under [serve]"]),
    ];
    for (case, certificate, key, mode, said) in cases {
        world.write("tls/cert.pem", certificate);
        world.write("tls/key.pem", key);
        allow(&world, mode);
        let why = refused(&world);
        assert!(said.iter().all(|said| why.contains(said)), "{case}: {why}");
    }
    std::fs::remove_file(world.path("tls/cert.pem")).expect("it was there");
    let gone = refused(&world);
    assert!(gone.contains("`certificate` under [serve]"), "{gone}");
}

/// What is said instead of serving a world; one that is served all the same is ended.
fn refused(world: &World) -> String {
    let mut serve = Command::new(program());
    serve.arg("serve").current_dir(world.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut serve = serve.spawn().expect("it starts");
    let listens = BufReader::new(serve.stdout.take().expect("its output")).lines().next();
    serve.kill().expect("it was running or is over");
    let ended = serve.wait_with_output().expect("it ends");
    assert!(listens.is_none(), "it listens");
    assert!(ended.status.code().is_some_and(|code| code != 0), "{ended:?}");
    String::from_utf8(ended.stderr).expect("text")
}

#[test]
fn nothing_listens_beyond_this_machine_without_tls_unless_it_is_said_to_be_meant() {
    let check = |serve: &str| {
        let text = format!("tollgate = 1\n[host]\nname = \"h\"\n[files]\nroot = \"files\"\n[serve]\n{serve}\n");
        config::check(&std::sync::Arc::new(Source { name: "tollgate.toml".to_owned(), text }))
    };
    let tls = "certificate = \"tls/cert.pem\"\nkey = \"tls/key.pem\"";
    for door in ["agents", "people", "admin"] {
        for address in ["0.0.0.0:8700", "[::]:8700", "192.0.2.1:8700"] {
            let bare = check(&format!("{door} = \"{address}\""));
            let said = bare.problems.first().unwrap_or_else(|| panic!("{door} at {address} is taken"));
            assert_eq!(said.message, format!("`{door}`: it would listen beyond this machine without TLS"), "{address}");
            assert!(
                bare.value.is_none() && said.help.as_ref().is_some_and(|help| help.contains("behind-proxy = true")),
                "{said:?}"
            );
            assert!(check(&format!("{door} = \"{address}\"\nbehind-proxy = true")).value.is_some(), "{door} at {address}");
            // The platform's hatch has no certificate.
            assert_eq!(check(&format!("{door} = \"{address}\"\n{tls}")).value.is_some(), door != "admin", "{door}");
        }
        assert!(check(&format!("{door} = \"127.0.0.1:8709\"")).value.is_some(), "{door}");
    }
    let half = check("certificate = \"tls/cert.pem\"");
    assert!(half.value.is_none() && half.problems[0].message.contains("`key`"), "{:?}", half.problems);
    // And the program itself does not begin.
    let world = World::new();
    let config = world.read("tollgate.toml");
    world.write("tollgate.toml", &format!("{config}\n[serve]\nagents = \"0.0.0.0:0\"\n"));
    assert!(refused(&world).contains("beyond this machine without TLS"));
}

/// What it says of itself is what can be called.
#[test]
fn the_addresses_that_it_prints_have_their_scheme() {
    let world = world(&certificate());
    let mut serve = Command::new(program());
    let mut serve = serve.arg("serve").current_dir(world.path("")).stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(serve.stdout.take().expect("its output")).lines();
    let said: Vec<String> = lines.take(3).map(|line| line.expect("a line")).collect();
    serve.kill().and_then(|()| serve.wait()).expect("it ends");
    for (line, begins) in said.iter().zip(["agents  https://", "people  https://", "admin   http://"]) {
        assert!(line.starts_with(&format!("{begins}127.0.0.1:")), "{said:?}");
    }
    assert_eq!(said.len(), 3, "{said:?}");
}
