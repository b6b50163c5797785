//! The image and the house in containers, as far as they can be read: no container is started here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::CommandFactory as _;
use comanda::config::Comanda;
use saphyr::{LoadableYamlNode as _, Yaml};

use super::units::{deploy, settings};

fn compose() -> Yaml<'static> {
    let text = fs::read_to_string(deploy().join("compose.yaml")).expect("a file").leak();
    let mut documents = Yaml::load_from_str(text).expect("YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// What stands under these names, one below the other.
fn at<'a>(node: &'a Yaml<'static>, path: &[&str]) -> &'a Yaml<'static> {
    path.iter()
        .fold(node, |node, name| node.as_mapping_get(name).unwrap_or_else(|| panic!("no {name} in {path:?}")))
}

fn text<'a>(node: &'a Yaml<'static>) -> &'a str {
    node.as_str().unwrap_or_else(|| panic!("no text: {node:?}"))
}

fn names(node: &Yaml<'static>) -> Vec<String> {
    match (node.as_mapping(), node.as_sequence()) {
        (Some(map), _) => map.keys().map(|name| name.as_str().expect("a name").to_owned()).collect(),
        (_, Some(list)) => list.iter().map(|name| name.as_str().expect("a name").to_owned()).collect(),
        _ => panic!("neither names nor a list: {node:?}"),
    }
}

#[test]
fn the_house_in_containers_has_its_parts_and_they_know_each_other() {
    let compose = compose();
    let services = at(&compose, &["services"]);
    assert_eq!(names(services), ["comanda", "postgres", "redis", "caddy"]);
    for service in names(services) {
        let service = at(services, &[&service]);
        for (part, of) in [("networks", "networks"), ("secrets", "secrets"), ("depends_on", "services")] {
            let Some(named) = service.as_mapping_get(part) else { continue };
            let known = names(at(&compose, &[of]));
            for name in names(named) {
                assert!(known.contains(&name), "{part}: {name}");
                if part == "depends_on" && at(services, &[&name]).as_mapping_get("build").is_none() {
                    assert_eq!(text(at(named, &[&name, "condition"])), "service_healthy", "{name}");
                    at(services, &[&name, "healthcheck", "test"]);
                }
            }
        }
        for volume in service.as_mapping_get("volumes").into_iter().flat_map(names) {
            let (from, _) = volume.split_once(':').expect("from:to");
            let file = from.strip_prefix("./").map(|file| deploy().join(file));
            let known = match file {
                Some(file) => file.exists(),
                None => names(at(&compose, &["volumes"])).contains(&from.to_owned()),
            };
            assert!(known, "{volume}");
        }
    }
    let settings = settings();
    for name in names(at(services, &["comanda", "environment"])) {
        assert!(settings.contains(&name), "{name}");
    }
    // No password in the file itself.
    let url = text(at(services, &["comanda", "environment", "DATABASE_URL_FILE"]));
    assert_eq!(url.strip_prefix("/run/secrets/"), Some("database_url"));
    let network = text(at(services, &["comanda", "environment", "COMANDA_TRUSTED_PROXIES"]));
    let subnet = at(&compose, &["networks", "house", "ipam", "config"]).as_sequence().expect("a list");
    assert_eq!(text(at(&subnet[0], &["subnet"])), network, "the proxy that is believed is in this network");
}

#[test]
fn the_image_is_built_of_what_is_there_and_runs_as_nobody_special() {
    let text = fs::read_to_string(deploy().join("Dockerfile")).expect("a file").replace("\\\n", " ");
    let lines: Vec<(&str, &str)> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| line.split_once(' ').expect("an instruction and its words"))
        .collect();
    let of = |instruction: &str| -> Vec<&str> {
        lines.iter().filter(|(name, _)| *name == instruction).map(|(_, words)| *words).collect()
    };
    let stages: Vec<&str> = of("FROM").iter().filter_map(|from| Some(from.split_once(" AS ")?.1)).collect();
    assert_eq!(stages, ["styles", "program"]);
    let manifest = include_str!("../../Cargo.toml");
    let wanted = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a version");
    assert!(of("FROM")[1].starts_with(&format!("rust:{}-", wanted.trim_matches('"'))), "{:?}", of("FROM"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for copy in of("COPY") {
        if let Some(from) = copy.strip_prefix("--from=") {
            assert!(stages.contains(&from.split_once(' ').expect("a stage").0), "{copy}");
            continue;
        }
        let files: Vec<&str> = copy.split(' ').collect();
        for file in &files[..files.len() - 1] {
            assert!(root.join(file).exists(), "{copy}: {file}");
        }
    }
    let user = of("USER")[0].split(':').next().and_then(|uid| uid.parse::<u32>().ok()).expect("a number");
    assert_ne!(user, 0);
    assert!(of("RUN").iter().any(|run| run.contains(&format!("-o {user} -g {user} -m 700 /image/data"))));
    let env: BTreeMap<&str, &str> =
        of("ENV").iter().flat_map(|env| env.split(' ')).filter_map(|pair| pair.split_once('=')).collect();
    let settings = settings();
    assert!(env.keys().all(|name| settings.contains(*name)), "{env:?}");
    assert_eq!(of("VOLUME"), [env["COMANDA_DATA"]]);
    let port = env["COMANDA_LISTEN"].rsplit_once(':').expect("a port").1;
    assert_eq!(of("EXPOSE"), [port]);
    let command = Comanda::command();
    for words in [of("HEALTHCHECK")[0].split_once("CMD ").expect("a command").1, of("CMD")[0]] {
        let words: Vec<String> = serde_json::from_str(words).expect("no shell is there: a list");
        let word = words.last().expect("a word");
        assert!(command.find_subcommand(word).is_some(), "{word}");
    }
}
