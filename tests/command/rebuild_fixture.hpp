// Three servers of which one loses its state: gold, silver that copies from it, iron that copies from silver.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::testing_support {

struct Rebuild : Commands {
  /// "gold" with images, a series, a type of its own, a private image, a tombstone; "silver" copies from it and has its own;
  /// "iron" copies from silver.
  void three_servers() {
    for (const char* server : {"gold", "silver", "iron"}) make(server);
    for (const char* name : {"a", "b", "gone", "hidden", "own"})
      write(std::string("gold/") + name + ".bin", std::string("bytes of ") + name);
    write("silver/own.bin", "bytes of silver's own");
    write("silver/hidden.bin", "bytes of silver's hidden");
    gold(true);
    gold(false);
    manifest("silver", silver_entries());
    apply("silver");
    manifest("iron", peer("silver") + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
    apply("iron");
  }
  std::string peer(const std::string& name) const {
    return "[[peer]]\nname = \"" + name + "\"\ncard = \"" + (folder / name / "server.card.toml").string() + "\"\n";
  }
  static std::string image(const std::string& name, const std::string& more = "") {
    return "[[image]]\nname = \"" + name + "\"\nsource = \"" + name + ".bin\"\n" + more;
  }
  void gold(bool with_gone) {
    manifest("gold", std::string(with_gone ? image("gone") : "") + image("a", "version = \"1\"\ntype = \"T\"\n") +
                         image("b", "parent = \"a\"\nlabels = { team = \"dba\" }\n") +
                         "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n");
    apply("gold");
  }
  std::string silver_entries() const {
    return peer("gold") + "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n" +
           image("own", "version = \"7\"\n") +
           image("hidden", "private = true\nprotect = true\nparent = \"own\"\ndescription = \"a secret\"\n") +
           "[[series]]\nname = \"s\"\nimages = [\"own\", \"a\"]\n";
  }
  Ran apply(const std::string& server, int exit = 0) {
    const Ran ran = at(server, {"apply", "--yes", "--allow-empty"});
    EXPECT_EQ(ran.exit, exit) << ran.err << ran.out;
    return ran;
  }
  nlohmann::json asked(const std::string& server, std::vector<std::string> words) {
    words.emplace_back("--json");
    return nlohmann::json::parse(at(server, words).out);
  }
  /// What must survive of the images: all but what only a manifest gives.
  nlohmann::json images(const std::string& server) {
    nlohmann::json list = asked(server, {"query", "images"}).at("images");
    for (nlohmann::json& one : list) one.erase("managed");
    return list;
  }
  fs::path state(const std::string& server) const { return folder / server / "state/ingot.db"; }
  void lose_state(const std::string& server) const {
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(state(server).string() + ending);
  }
  nlohmann::json rebuilt(const std::string& server, int exit = 0) {
    const Ran ran = at(server, {"state", "rebuild", "--json"});
    EXPECT_EQ(ran.exit, exit) << ran.err;
    expect_valid_json("rebuilt", ran.out);
    return nlohmann::json::parse(ran.out);
  }
  std::uint64_t serial(const std::string& server) { return asked(server, {"status"}).at("published").at("serial"); }
  /// Removals of the next plan.
  std::vector<std::string> removals(const std::string& server) {
    std::vector<std::string> found;
    const nlohmann::json plan = asked(server, {"plan"});  // a loop over a part of a temporary would outlive it
    for (const nlohmann::json& action : plan.at("actions")) {
      const std::string verb = action.at("verb");
      if (verb == "delete" || verb == "remove" || verb == "uninstantiate" || verb == "unregister")
        found.push_back(action.at("address"));
    }
    return found;
  }
  fs::path head(const std::string& server) const { return folder / server / "store/public/head.dsse"; }
  /// As a backup of the state file alone is put back: nothing else is beside it.
  void put_back(const fs::path& backup, const std::string& server) const {
    fs::remove_all(folder / server / "state");
    fs::create_directory(folder / server / "state");
    fs::copy(backup / "ingot.db", state(server));
  }
  /// Everything that the published head of a server names is gone.
  void lose_index(const std::string& server) const {
    const auto payload = std::get<Envelope>(parse_envelope(read(head(server)))).payload;
    const Head shown = std::get<Head>(parse_head(payload));
    fs::remove(folder / server / "store/public/c" / shown.index.digest.hex());
  }
  /// Some public bytes of gold.
  fs::path packed_file() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder / "gold/store/public/b")) {
      if (entry.is_regular_file() && read(entry.path()).find("bytes of gone") == std::string::npos) return entry.path();
    }
    return {};
  }
  std::map<std::string, std::string> objects(const std::string& server) const {
    std::map<std::string, std::string> found;
    for (const char* place : {"public/b", "private/b", "papers"}) {
      for (const auto& entry : fs::recursive_directory_iterator(folder / server / "store" / place)) {
        if (entry.is_regular_file()) found[entry.path()] = read(entry.path());
      }
    }
    return found;
  }
};

}  // namespace ingot::testing_support
