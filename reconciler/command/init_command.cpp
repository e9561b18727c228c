#include "reconciler/apply/publish/init_server.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/starter.hpp"
#include "reconciler/console/manifest_path.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/host_guard.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/catalog/card.hpp"
#include "schema/exit_code.hpp"
#include "schema/text/text_rules.hpp"
#include "schema/text/url.hpp"

namespace ingot::command {

namespace {

constexpr const char* card_name = "server.card.toml";

/// The manifest that -f or DIR means. With --rev DIR is the home of what is made.
std::string path_for(const options::InitArguments& arguments, const console::Session& session) {
  if (session.flags.rev) return session.flags.manifest.value_or("ingot.toml");
  if (!arguments.folder) return console::manifest_path(session.flags);
  if (session.flags.manifest) throw Error(Fault::usage, "init takes a DIR or -f MANIFEST, not both", "leave one of them out");
  std::string folder = *arguments.folder;
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return folder == "/" ? "/ingot.toml" : folder + "/ingot.toml";
}

ServerName wanted_name(const options::InitArguments& arguments, const std::string& path) {
  if (!arguments.server) {
    throw Error(Fault::usage, fmt::format("init needs --server NAME: there is no manifest \"{}\" yet", io::printable(path)),
                "run for example: ingot init --server fpps-1 --url https://gold.example.net/");
  }
  const auto name = ServerName::parse(*arguments.server);
  if (!name) {
    throw Error(Fault::usage,
                fmt::format("--server \"{}\" {}", io::printable(*arguments.server), *why_not_a_name(*arguments.server, false)),
                "write for example --server fpps-1");
  }
  return *name;
}

/// A URL that would break the manifest's text, or that no peer could use, is refused before anything is made.
std::optional<std::string> wanted_url(const options::InitArguments& arguments) {
  if (!arguments.url) return std::nullopt;
  if (const auto why = why_not_a_url(*arguments.url))
    throw Error(Fault::usage, fmt::format("--url {}", *why),  // not what was given: it may hold a password
                "write for example --url https://gold.example.net/ or --url file:///srv/gold/store/public/");
  return with_slash(*arguments.url);
}

/// It was not there a moment ago.
void write_new(const std::string& path, const std::string& text, io::Files& files) {
  if (io::write_new_file(files, path, text)) return;
  throw Error(Fault::local, fmt::format("\"{}\" appeared meanwhile", io::printable(path)),
              "another run made it: run this again, which overwrites nothing")
      .about(path);
}

/// What is made lies here if the manifest is read from git.
std::string home_for(const options::InitArguments& arguments, const console::Session& session) {
  if (arguments.folder && session.flags.home)
    throw Error(Fault::usage, "init takes a DIR or --home DIR, not both", "leave one of them out");
  return arguments.folder ? *arguments.folder : session.flags.home.value_or(".");
}

/// What is said on the command line must not contradict a manifest that is there.
void require_agreement(const options::InitArguments& arguments, const ServerSection& server, const std::string& path) {
  if (arguments.server && *arguments.server != server.name.text()) {
    throw Error(Fault::usage,
                fmt::format("--server \"{}\", but \"{}\" is there and names the server \"{}\"", io::printable(*arguments.server),
                            io::printable(path), server.name.text()),
                "leave out --server, or create the server in another folder");
  }
  if (const auto url = wanted_url(arguments); url && url != server.url) {
    throw Error(Fault::usage,
                fmt::format("--url \"{}\", but \"{}\" is there and says {}", *url, io::printable(path),
                            server.url ? "\"" + *server.url + "\"" : "nothing of a url"),
                fmt::format("write url = \"{}\" under [server] yourself, and leave out --url", *url));
  }
}

class Initializing {
 public:
  Initializing(const options::InitArguments& arguments, const console::Session& session)
      : arguments_(arguments), session_(session), path_(path_for(arguments, session)) {}

  int run() {
    const bool is_new = !from_git() && !session_.files.status(path_);
    if (from_git())
      io::make_folders(session_.files, home_for(arguments_, session_));
    else if (is_new)
      write_manifest();
    const auto manifest = read_it();
    if (!manifest) return exit_manifest;
    if (!is_new) ask_host_guard(*manifest);
    require_agreement(arguments_, manifest->server, path_);
    site::warn_of_anothers_folder(manifest->server, session_);
    io::make_folders(session_.files, site::state_folder(manifest->server));
    const io::RunLock lock = io::RunLock::take(site::lock_path(manifest->server), fmt::format("init by {}", site::actor()),
                                               session_.flags.lock_timeout, session_.clock);
    const auto in_database = lock_in_database(manifest->server);
    const auto pinned = card_beside();
    if (pinned) require_made_before(*pinned, manifest->server);
    const Card card = apply::init_server(
        manifest->server, session_.files, session_.clock, [&](const std::string& what) { note(what); },
        site::place_of(manifest->server).password);
    if (pinned && pinned->id != card.id)
      refuse_the_card("names another root than the store's",
                      "set `store` and `keys` to those of the server that the card names, or remove the card");
    if (!from_git()) write_beside(".gitignore", starter_gitignore(manifest->server, parent_folder(path_)));
    if (!card.url.empty()) write_beside(card_name, write_card(card));
    show(*manifest, card);
    return exit_done;
  }

 private:
  bool from_git() const { return session_.flags.rev.has_value(); }
  void note(const std::string& what) { made_.push_back(what); }

  /// Another machine may be at work on a state that is in a database already.
  std::optional<site::RunLock> lock_in_database(const ServerSection& server) const {
    if (!is_database_url(server.state) || !site::has_state(server, session_.files)) return std::nullopt;
    return site::RunLock::take(server, fmt::format("init by {}", site::actor()), session_);
  }

  void write_manifest() {
    const ServerName name = wanted_name(arguments_, path_);
    const auto url = wanted_url(arguments_);
    io::make_folders(session_.files, parent_folder(path_));
    write_new(path_, starter_manifest(name, url), session_.files);
    note(path_);
  }

  options::GlobalOptions flags_here() const {
    options::GlobalOptions flags = session_.flags;
    if (from_git())
      flags.home = home_for(arguments_, session_);
    else
      flags.manifest = path_;
    return flags;
  }

  std::optional<Manifest> read_it() const {
    const options::GlobalOptions flags = flags_here();
    return source::read_manifest(console::Session{flags, session_.terminal, session_.files, session_.clock, session_.connect});
  }

  /// A manifest that was here already says where keys, state and store are made. Its own guards begin with its first apply.
  void ask_host_guard(Manifest manifest) const {
    const auto host = source::host_guard();
    manifest.guard = std::get<Guard>(host);  // it was read without a problem with the manifest
    (void)source::require_commit(manifest, source::AppliedLast{}, flags_here(), false);
  }

  std::string beside(const std::string& name) const {
    const std::string folder = from_git() ? home_for(arguments_, session_) : parent_folder(path_);
    return folder == "." ? name : folder + "/" + name;
  }

  [[noreturn]] void refuse_the_card(const std::string& why, const std::string& mend) const {
    const std::string path = beside(card_name);
    throw Error(Fault::local, fmt::format("the card \"{}\" {}", io::printable(path), why), mend).about(path);
  }

  /// The card that this server's peers have, if it was made before.
  std::optional<Card> card_beside() const {
    const std::string path = beside(card_name);
    const auto text = io::read_file_if_there(session_.files, path, largest_card);
    if (!text) return std::nullopt;
    const auto card = parse_card(*text, path);
    if (const auto* const good = std::get_if<Card>(&card)) return *good;
    refuse_the_card("is damaged", "restore it from git or a backup; if no peer has it yet, remove it, and ingot writes it again");
  }

  /// The card is made last. A new root would be another server to all who have it, and a new state a rollback.
  void require_made_before(const Card& card, const ServerSection& server) const {
    for (const std::string& part : {server.store + "/public/root/1.dsse", server.state}) {
      if (part == server.state ? site::has_state(server, session_.files) : session_.files.status(part).has_value()) continue;
      refuse_the_card(fmt::format("names the root {} of this server, but \"{}\" is gone", card.id.text(), io::printable(part)),
                      "restore it from its backup, or set `store` and `state` to their folders; if only the state is lost, run "
                      "\"ingot state rebuild\"; to create a new server, remove the card");
    }
  }

  /// Never overwrites.
  void write_beside(const std::string& name, const std::string& text) {
    const std::string path = beside(name);
    if (session_.files.status(path)) return;
    write_new(path, text, session_.files);
    note(path);
  }

  void show(const Manifest& manifest, const Card& card) const {
    session_.show([&](const show::Style& style, show::Output& out) { show_text(manifest, card, style, out); },
                  [&](show::Output& out) { show_json(card, out); });
  }

  void show_text(const Manifest& manifest, const Card& card, const show::Style& style, show::Output& out) const {
    out.print("{}\n", style.bold(fmt::format("Server {}", card.name.text())));
    for (const auto& what : made_) out.print("  made {}\n", io::printable(what));
    if (made_.empty()) out.print("  everything is there already\n");
    out.print("\nNext:\n");
    if (card.url.empty()) {
      out.print(
          "  - write url = \"https://…/\" under [server], where peers will reach {}/public,\n    then: ingot card --out "
          "server.card.toml\n",
          io::printable(manifest.server.store));
    } else {
      if (card.url.starts_with("file://"))
        out.print("  - make {}/public readable at {} for the peers on this machine or disk\n",
                  io::printable(manifest.server.store), io::printable(card.url));
      else
        out.print("  - let a web server serve {}/public at {}\n", io::printable(manifest.server.store), io::printable(card.url));
      if (is_open_http(card.url)) out.print("  - let each peer write allow_http = true: plain http can be read on the way\n");
      out.print("  - give server.card.toml to your peers; it names the root of this server and holds no secret\n");
    }
    out.print("  - keep a copy of {} in a safe place: whoever holds root.pem can impersonate this server\n",
              io::printable(manifest.server.keys));
    out.print("  - write into {} what this server offers and wants, then run: ingot plan\n", io::printable(path_));
  }

  void show_json(const Card& card, show::Output& out) const {
    show::JsonWriter json(out);
    json.begin_object();
    json.member("format", "ingot.init/1");
    json.key("server");
    json.begin_object();
    json.member("name", card.name.text());
    json.member("id", card.id.text());
    json.member_or_null("url", card.url);
    json.end_object();
    json.values("made", made_, [&](const auto& what) { return what; });
    json.end_object();
    json.finish();
  }

  const options::InitArguments& arguments_;
  const console::Session& session_;
  std::string path_;
  std::vector<std::string> made_;
};

}  // namespace

int run_command(const options::InitArguments& arguments, const console::Session& session) {
  return Initializing(arguments, session).run();
}

}  // namespace ingot::command
