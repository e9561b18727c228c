// init, card, validate: a server and its manifest.
#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

CommandEntry init_command() {
  CommandEntry init{"init", "create a server: manifest, keys, empty signed catalog, card", R"(
  ingot init --server fpps-1 --url https://gold.dc1.example.net/
  ingot init --server fpps-1 --url https://gold.dc1.example.net/ /srv/gold
  git clone git@example.net:gold.git && cd gold/fpps-1 && ingot init                        # with a manifest from git
  ingot init --repo https://git.example.net/gold.git --rev main -f sites/fpps-1 /srv/gold   # without a checkout
)",
                    R"(
Creates a server in DIR (default: this folder): a starter ingot.toml, .gitignore, keys, store, state, an empty signed catalog,
and server.card.toml, which introduces this server to its peers. Nothing is overwritten: if some of these files are there, such
as a manifest from git, ingot creates only the others.
)"};
  add_form<InitArguments>(init)
      .word("[DIR]", &InitArguments::folder)
      .option("--server NAME", &InitArguments::server, "the name of this server. Required unless a manifest is there")
      .option("--url URL", &InitArguments::url,
              "where peers will reach store/public. The card needs it. It can be added to the manifest later");
  return init;
}

CommandEntry card_command() {
  CommandEntry card{"card", "write the card of this server, or show a card", R"(
  ingot card --out server.card.toml   # the card of this server, for its peers
  ingot card peers/fpps-2.card.toml   # what a card says, and whether the manifest uses it
)",
                    R"(
A card introduces a server: its name, its URL and its trust root. A peer commits the card to its git repository and names the
file in a [[peer]]. To write the card, ingot reads [server] of the manifest and the root in the store. It does not read the cards
of peers.
)"};
  add_form<CardArguments>(card)
      .word("[FILE]", &CardArguments::file)
      .option("--out FILE", &CardArguments::out,
              "write the card to FILE. FILE is replaced only if the card can be made; \"ingot card > FILE\" empties FILE first")
      .check([](CardArguments& given) {
        if (given.out == "-") given.out.reset();
        if (given.file && given.out) wrong("--out is for the card of this server", "leave out --out or the FILE");
      });
  return card;
}

CommandEntry validate_command() {
  CommandEntry validate{"validate", "check the manifest alone", R"(
  ingot validate
  ingot validate -f sites/fpps-1
  ingot validate --format github                                              # annotations of a GitHub workflow
  ingot validate --output codequality=quality.json --output junit=tests.xml   # for GitLab
  ingot validate --json
)",
                        R"(
Reads the manifest, its includes and its cards. Uses no network, no state and no sources. Shows all mistakes, each with its place
and a hint. Exit code 65 if there is a mistake.

Formats: text, json, markdown, github (annotations of a workflow), codequality (a GitLab report), sarif, junit.
)"};
  add_form<ValidateArguments>(validate)
      .repeated("--output FORMAT=FILE", &ValidateArguments::outputs, output_to_file)
      .formats(validate_formats);
  return validate;
}

}  // namespace

std::vector<CommandEntry> server_commands() { return {init_command(), card_command(), validate_command()}; }

}  // namespace ingot::options
